use serde_json::json;
use tests::{Answer, App};

async fn register(app: &App, email: &str) -> Answer {
    let body = json!({"email": email, "password": "correct horse battery staple"});
    app.anonymous().post("/api/auth/register", &body).await.expect(201)
}

async fn login(app: &App, email: &str) -> Answer {
    let body = json!({"email": email, "password": "correct horse battery staple"});
    app.anonymous().post("/api/auth/login", &body).await.expect(200)
}

async fn refresh(app: &App, token: &str) -> Answer {
    app.anonymous().post("/api/auth/refresh", &json!({"refreshToken": token})).await
}

async fn logout(app: &App, token: &str) -> Answer {
    app.anonymous().post("/api/auth/logout", &json!({"refreshToken": token})).await
}

#[tokio::test]
async fn a_refresh_token_gives_new_tokens_again_and_again() {
    let app = App::start().await;
    let mut answer = register(&app, "ada@example.com").await;
    let user = answer.json()["user"].clone();
    let mut seen = vec![answer.text("/refreshToken")];
    for _ in 0..3 {
        answer = refresh(&app, &answer.text("/refreshToken")).await.expect(200);
        let body = answer.json();
        assert_eq!((&body["user"], &body["tokenType"]), (&user, &json!("Bearer")));
        assert_eq!((&body["expiresIn"], body.as_object().unwrap().len()), (&json!(900), 5));
        let authorization = format!("Bearer {}", answer.text("/accessToken"));
        app.anonymous().get("/api/protected").header("authorization", &authorization).await.expect(200);
        assert!(!seen.contains(&answer.text("/refreshToken")));
        seen.push(answer.text("/refreshToken"));
    }
}

#[tokio::test]
async fn a_wrong_refresh_token_is_refused_and_ends_nothing() {
    let app = App::start().await;
    let registered = register(&app, "ada@example.com").await;
    let good = registered.text("/refreshToken");
    let changed = |at: usize| {
        let mut token = good.clone().into_bytes();
        token[at] = if token[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(token).unwrap()
    };
    // The changed characters are in the family's id, in the counter, and at both ends of the MAC.
    let mut wrong: Vec<String> = [0, 20, 23, 26, 30, good.len() - 2].map(changed).into();
    wrong.extend(["", " ", "x", "a.b.c", "null", "\0", "=", "é", &"A".repeat(70)].map(str::to_owned));
    wrong.extend([format!("{good}="), format!(" {good}"), good[1..].to_owned(), good.repeat(2)]);
    wrong.extend(["x".repeat(10 * 1024), registered.text("/accessToken")]);
    for token in &wrong {
        let answer = refresh(&app, token).await;
        let error = answer.expect_error(401, "invalid_token");
        assert_eq!(error["error"], "Invalid or expired token");
        logout(&app, token).await.expect(204);
    }
    refresh(&app, &good).await.expect(200);
}

#[tokio::test]
async fn a_refresh_token_of_another_secret_is_refused() {
    let (app, other) = (App::start().await, App::start().await);
    let token = register(&other, "ada@example.com").await.text("/refreshToken");
    refresh(&app, &token).await.expect_error(401, "invalid_token");
    refresh(&other, &token).await.expect(200);
}

#[tokio::test]
async fn a_refresh_token_is_no_access_token() {
    let app = App::start().await;
    let token = register(&app, "ada@example.com").await.text("/refreshToken");
    for path in ["/api/protected", "/api/users"] {
        let answer = app.anonymous().get(path).header("authorization", &format!("Bearer {token}")).await;
        answer.expect_error(401, "invalid_token");
    }
}

#[tokio::test]
async fn a_body_without_a_refresh_token_is_refused() {
    let app = App::start().await;
    for path in ["/api/auth/refresh", "/api/auth/logout"] {
        for body in [json!({}), json!({"refreshToken": null}), json!({"refreshToken": 1})] {
            assert_eq!(app.anonymous().post(path, &body).await.bad_fields(), ["refreshToken"]);
        }
        let body = json!({"refreshToken": "x", "refresh_token": "x"});
        assert_eq!(app.anonymous().post(path, &body).await.bad_fields(), ["refresh_token"]);
    }
}

#[tokio::test]
async fn many_at_once_and_a_retry_get_the_same_successor() {
    let app = App::start().await;
    let token = register(&app, "ada@example.com").await.text("/refreshToken");
    let mut answers =
        futures_util::future::join_all((0..20).map(async |_| refresh(&app, &token).await.expect(200))).await;
    answers.push(refresh(&app, &token).await.expect(200));
    let successor = answers[0].text("/refreshToken");
    assert!(answers.iter().all(|answer| answer.text("/refreshToken") == successor), "{answers:?}");
    assert_ne!(successor, token);
    refresh(&app, &successor).await.expect(200);
}

#[tokio::test]
async fn a_replayed_refresh_token_ends_its_family() {
    let app = App::start().await;
    let first = register(&app, "ada@example.com").await.text("/refreshToken");
    let other = register(&app, "grace@example.com").await.text("/refreshToken");
    let second = refresh(&app, &first).await.expect(200).text("/refreshToken");
    let third = refresh(&app, &second).await.expect(200).text("/refreshToken");
    for token in [&first, &third, &second] {
        refresh(&app, token).await.expect_error(401, "invalid_token");
    }
    refresh(&app, &other).await.expect(200);
}

#[tokio::test]
async fn signing_out_ends_the_family_and_can_be_repeated() {
    let app = App::start().await;
    let first = register(&app, "ada@example.com").await.text("/refreshToken");
    let elsewhere = login(&app, "ada@example.com").await.text("/refreshToken");
    let second = refresh(&app, &first).await.expect(200).text("/refreshToken");
    for _ in 0..2 {
        let answer = logout(&app, &second).await.expect(204);
        assert!(answer.body.is_empty());
    }
    for token in [&first, &second] {
        refresh(&app, token).await.expect_error(401, "invalid_token");
    }
    // Another device stays signed in.
    refresh(&app, &elsewhere).await.expect(200);
}

#[tokio::test]
async fn an_older_token_of_the_family_signs_out_too() {
    let app = App::start().await;
    let first = register(&app, "ada@example.com").await.text("/refreshToken");
    let second = refresh(&app, &first).await.expect(200).text("/refreshToken");
    logout(&app, &first).await.expect(204);
    refresh(&app, &second).await.expect_error(401, "invalid_token");
}

#[tokio::test]
async fn removing_a_user_ends_its_refresh_tokens_at_once() {
    let app = App::start().await;
    let registered = register(&app, "ada@example.com").await;
    app.user(&registered.text("/user/id")).delete(registered.header("location")).await.expect(204);
    refresh(&app, &registered.text("/refreshToken")).await.expect_error(401, "invalid_token");
    // The old tokens stay invalid for the next user with this address.
    register(&app, "ada@example.com").await;
    refresh(&app, &registered.text("/refreshToken")).await.expect_error(401, "invalid_token");
}

#[tokio::test]
async fn a_changed_password_ends_the_refresh_tokens_from_before() {
    let app = App::start().await;
    let registered = register(&app, "ada@example.com").await;
    let users = app.users();
    let user = users.get_latest(registered.text("/user/id").parse().unwrap()).await.unwrap().unwrap();
    let credential = users.credential(&user.attributes.email).await.unwrap().unwrap();
    users.change_password(&user, credential.password_hash.unwrap()).await.unwrap();
    refresh(&app, &registered.text("/refreshToken")).await.expect_error(401, "invalid_token");
    let signed_in = login(&app, "ada@example.com").await;
    refresh(&app, &signed_in.text("/refreshToken")).await.expect(200);
}

#[tokio::test]
async fn a_new_access_token_has_the_role_of_this_moment() {
    let app = App::start().await;
    let registered = register(&app, "ada@example.com").await;
    let url = registered.header("location");
    // Only an admin gets past 403 with a body that lacks an address.
    let acts = async |answer: &Answer| {
        let authorization = format!("Bearer {}", answer.text("/accessToken"));
        app.anonymous().post("/api/users", &json!({})).header("authorization", &authorization).await.status
    };
    assert_eq!(acts(&registered).await, 403);
    app.admin().patch(url, &json!({"role": "admin"})).await.expect(200);
    let promoted = refresh(&app, &registered.text("/refreshToken")).await.expect(200);
    assert_eq!((promoted.text("/user/role"), acts(&promoted).await), ("admin".to_owned(), 400));
    app.admin().patch(url, &json!({"role": "user"})).await.expect(200);
    let demoted = refresh(&app, &promoted.text("/refreshToken")).await.expect(200);
    assert_eq!((demoted.text("/user/role"), acts(&demoted).await), ("user".to_owned(), 403));
    assert_eq!(acts(&login(&app, "ada@example.com").await).await, 403);
}
