use serde_json::{Value, json};
use tests::App;

const PATH: &str = "/api/auth/register";

fn password(characters: usize) -> String {
    "x7#kQ9!z".chars().cycle().take(characters).collect()
}

fn account(email: &str, password: &str) -> Value {
    json!({"email": email, "password": password})
}

#[tokio::test]
async fn an_account_is_made_and_signed_in() {
    let app = App::start().await;
    let body = json!({"email": "Ada@example.com", "password": "correct horse battery staple", "name": "Ada"});
    let registered = app.anonymous().post(PATH, &body).await.expect(201);
    let answer = registered.json();
    assert_eq!((&answer["tokenType"], &answer["expiresIn"]), (&json!("Bearer"), &json!(900)));
    assert_eq!(
        (&answer["user"]["email"], &answer["user"]["name"], &answer["user"]["role"]),
        (&json!("Ada@example.com"), &json!("Ada"), &json!("user"))
    );
    assert_eq!(registered.header("cache-control"), "no-store");

    let authorization = format!("Bearer {}", registered.text("/accessToken"));
    let url = registered.header("location");
    let user = app.anonymous().get(url).header("authorization", &authorization).await.expect(200).json();
    assert_eq!(user, answer["user"]);
    let refresh = json!({"refreshToken": registered.text("/refreshToken")});
    app.anonymous().post("/api/auth/refresh", &refresh).await.expect(200);
}

#[tokio::test]
async fn a_password_is_kept_as_argon2id_with_the_parameters_of_the_design() {
    let app = App::start().await;
    let body = account("ada@example.com", "correct horse battery staple");
    app.anonymous().post(PATH, &body).await.expect(201);
    let credential = app.users().credential(&"ada@example.com".parse().unwrap()).await.unwrap().unwrap();
    let hash = credential.password_hash.unwrap();
    let fields: Vec<&str> = hash.as_str().split('$').collect();
    assert_eq!(fields[..4], ["", "argon2id", "v=19", "m=19456,t=2,p=1"]);
    // 16 bytes of salt and 32 of output, in base64 without padding.
    assert_eq!((fields[4].len(), fields[5].len(), fields.len()), (22, 43, 6));
}

#[tokio::test]
async fn a_password_has_8_to_256_characters() {
    let app = App::start().await;
    let anonymous = app.anonymous();
    for (n, accepted) in [(7, false), (8, true), (256, true), (257, false)] {
        for (kind, password) in [("ascii", password(n)), ("emoji", "🔑".repeat(n))] {
            let body = account(&format!("{kind}{n}@example.com"), &password);
            let answer = anonymous.post(PATH, &body).await;
            if accepted {
                answer.expect(201);
                anonymous.post("/api/auth/login", &body).await.expect(200);
            } else {
                assert_eq!(answer.bad_fields(), ["password"]);
            }
        }
    }
}

#[tokio::test]
async fn a_password_holds_any_characters_and_every_one_of_them_counts() {
    let app = App::start().await;
    let anonymous = app.anonymous();
    for (email, password, other) in [
        ("nul@example.com", "before\0after", "before"),
        ("space@example.com", "  sesame seeds  ", "sesame seeds"),
        ("line@example.com", "one\r\ntwo\tthree", "one two three"),
        ("emoji@example.com", "🔑🗝\u{fe0f}🚪🏠🧱🌉🛣\u{fe0f}🛤\u{fe0f}", "🔑🗝🚪🏠🧱🌉🛣🛤"),
        ("long@example.com", &format!("{}A", password(255)), &format!("{}B", password(255))),
    ] {
        anonymous.post(PATH, &account(email, password)).await.expect(201);
        anonymous.post("/api/auth/login", &account(email, password)).await.expect(200);
        let answer = anonymous.post("/api/auth/login", &account(email, other)).await;
        answer.expect_error(401, "invalid_credentials");
    }
}

#[tokio::test]
async fn a_common_password_is_refused_in_any_case() {
    let app = App::start().await;
    for common in ["password", "Password1", "1234567890", "QWERTYUIOP"] {
        let answer = app.anonymous().post(PATH, &account("ada@example.com", common)).await;
        assert_eq!(answer.bad_fields(), ["password"], "{common}");
    }
    assert_eq!(app.users().count().await.unwrap(), 0);
}

#[tokio::test]
async fn what_a_client_may_not_set_or_mistypes_is_named_and_no_password_is_repeated() {
    let app = App::start().await;
    let mut body = account("ada@example.com", "correct horse battery staple");
    for field in ["role", "id", "passwordHash", "authEpoch", "version"] {
        body[field] = json!("admin");
    }
    let answer = app.anonymous().post(PATH, &body).await;
    assert_eq!(answer.bad_fields(), ["authEpoch", "id", "passwordHash", "role", "version"]);
    for (body, fields) in [
        (json!({}), vec!["email", "password"]),
        (json!({"email": null, "password": null}), vec!["email", "password"]),
        (json!({"email": 1, "password": 12_345_678, "name": ""}), vec!["email", "name", "password"]),
        (json!({"email": "ada", "password": ["x7#kQ9!z"]}), vec!["email", "password"]),
        (json!({"email": "ada", "password": "x7#kQ9!"}), vec!["email", "password"]),
    ] {
        let answer = app.anonymous().post(PATH, &body).await;
        assert_eq!(answer.bad_fields(), fields);
        let said = String::from_utf8_lossy(&answer.body);
        assert!(!said.contains("12345678") && !said.contains("x7#kQ9"), "{said}");
    }
    app.anonymous().get(PATH).await.expect_error(405, "method_not_allowed");
}

#[tokio::test]
async fn an_address_is_one_account_whatever_its_case_and_composition() {
    let app = App::without_mail().await;
    let anonymous = app.anonymous();
    anonymous.post(PATH, &account("zoë@example.com", "correct horse battery staple")).await.expect(201);
    for same in ["ZOË@Example.com", "zoe\u{308}@example.com", " zoë@example.com "] {
        let body = account(same, "another fine password");
        anonymous.post(PATH, &body).await.expect_error(409, "email_taken");
        let login = account(same, "correct horse battery staple");
        anonymous.post("/api/auth/login", &login).await.expect(200);
    }
    assert_eq!(app.users().count().await.unwrap(), 1);
}

#[tokio::test]
async fn another_mailbox_is_another_account() {
    let app = App::without_mail().await;
    let anonymous = app.anonymous();
    let addresses = [
        "ada@strasse.example",
        "ada@straße.example",
        "strasse@example.com",
        "straße@example.com",
        "ada@bücher.example",
        "ﬁ@example.com",
        "fi@example.com",
    ];
    for address in addresses {
        let password = format!("the password of {address}");
        let created = anonymous.post(PATH, &account(address, &password)).await.expect(201);
        assert_eq!(created.text("/user/email"), address);
    }
    assert_eq!(app.users().count().await.unwrap(), addresses.len() as u64);
    for (address, other) in [
        ("ada@straße.example", "Ada@STRAßE.Example"),
        ("ada@straße.example", "ada@xn--strae-oqa.example"),
        ("ada@bücher.example", "ADA@bu\u{308}cher。example"),
        ("straße@example.com", "STRAẞE@example.com"),
    ] {
        anonymous.post(PATH, &account(other, "another fine password")).await.expect_error(409, "email_taken");
        let login = account(other, &format!("the password of {address}"));
        let signed_in = anonymous.post("/api/auth/login", &login).await.expect(200);
        assert_eq!(signed_in.text("/user/email"), address);
    }
}

#[tokio::test]
async fn of_100_registrations_of_one_address_one_gets_it() {
    let app = App::start().await;
    let anonymous = app.anonymous();
    let answers = futures_util::future::join_all((0..100).map(async |n| {
        anonymous.post(PATH, &account("ada@example.com", &format!("the password of number {n}"))).await
    }))
    .await;
    let statuses = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((statuses(201), statuses(409)), (1, 99), "{answers:?}");
    assert_eq!(app.users().count().await.unwrap(), 1);
    // Only the winner's password signs in.
    let winner = answers.iter().position(|answer| answer.status == 201).unwrap();
    let login = account("ada@example.com", &format!("the password of number {winner}"));
    anonymous.post("/api/auth/login", &login).await.expect(200);
}

#[tokio::test]
async fn a_repetition_with_another_password_is_a_guess_and_counts_as_one() {
    let app = App::limited("1").await;
    let register = async |password: &str| {
        let body = account("ada@example.com", password);
        app.anonymous().post(PATH, &body).header("idempotency-key", "one").await
    };
    register("correct horse battery staple").await.expect(201);
    // Five a minute, and five more if a new minute begins among them.
    let mut denied = None;
    for n in 0..11 {
        let answer = register(&format!("a guess, number {n}")).await;
        if answer.status == 429 {
            denied = Some(answer);
            break;
        }
        answer.expect_error(422, "idempotency_key_reused");
    }
    let denied = denied.expect("one of eleven is denied");
    denied.expect_error(429, "rate_limited");
    assert!(denied.header("ratelimit").contains("\"login\";r=0;t="), "{denied:?}");
}
