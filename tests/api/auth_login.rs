use std::process::Stdio;

use serde_json::{Value, json};
use shared::auth::{Passwords, needs_rehash};
use shared::domain::{Email, PasswordHash, Role, UserAttributes};
use tests::{Answer, App, user};
use tokio::process::Command;

const PATH: &str = "/api/auth/login";
const PASSWORD: &str = "correct horse battery staple";
const OTHER: &str = "another fine password";

/// A hash of [`PASSWORD`] from another implementation, with weaker parameters than today's hashes.
const WEAK: &str =
    "$argon2id$v=19$m=1024,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$azTLujkK55NJiAE0/I6dV5rdvW8MXmLElyGGkdLnuXA";

fn account(email: &str, password: &str) -> Value {
    json!({"email": email, "password": password})
}

async fn register(app: &App, email: &str) -> Answer {
    app.anonymous().post("/api/auth/register", &account(email, PASSWORD)).await.expect(201)
}

async fn login(app: &App, email: &str, password: &str) -> Answer {
    app.anonymous().post(PATH, &account(email, password)).await
}

fn ada() -> Email {
    "ada@example.com".parse().unwrap()
}

#[tokio::test]
async fn an_account_is_signed_in_with_its_password() {
    let app = App::start().await;
    let registered = register(&app, "ada@example.com").await;
    let answer = login(&app, "ada@example.com", PASSWORD).await.expect(200);
    let body = answer.json();
    assert_eq!(body["user"], registered.json()["user"]);
    assert_eq!((&body["tokenType"], &body["expiresIn"]), (&json!("Bearer"), &json!(900)));
    assert_eq!(body.as_object().unwrap().len(), 5, "{body}");
    assert_ne!(answer.text("/refreshToken"), registered.text("/refreshToken"));
    let authorization = format!("Bearer {}", answer.text("/accessToken"));
    app.anonymous().get("/api/protected").header("authorization", &authorization).await.expect(200);
}

#[tokio::test]
async fn a_password_that_is_replaced_between_the_two_reads_of_a_sign_in_is_wrong() {
    let app = App::start().await;
    register(&app, "ada@example.com").await;
    // The credential is read first, and belongs to the epoch before that of the user.
    let user = app.users().credential(&ada()).await.unwrap().unwrap().user_id;
    let key = json!({"pk": {"S": format!("USER#{user}")}, "sk": {"S": "USER"}});
    let request = json!({
        "TableName": app.stack.table_name(), "Key": key, "UpdateExpression": "SET authEpoch = :next",
        "ExpressionAttributeValues": {":next": {"N": "1"}},
    });
    app.stack.dynamodb().database().update_item(serde_json::from_value(request).unwrap()).unwrap();
    login(&app, "ada@example.com", PASSWORD).await.expect_error(401, "invalid_credentials");
}

#[tokio::test]
async fn whatever_is_wrong_is_answered_alike() {
    let app = App::start().await;
    register(&app, "ada@example.com").await;
    // An admin added this user, who therefore has no password.
    app.admin().post("/api/users", &user("without@example.com")).await.expect(201);
    let mut said = Vec::new();
    for (email, password) in [
        ("ada@example.com", OTHER),
        ("ada@example.com", ""),
        ("ada@example.com", "password"),
        ("nobody@example.com", PASSWORD),
        ("without@example.com", PASSWORD),
        ("without@example.com", ""),
    ] {
        let answer = login(&app, email, password).await;
        let error = answer.expect_error(401, "invalid_credentials");
        let names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        said.push((error["error"].clone(), error.as_object().unwrap().len(), names));
    }
    assert_eq!(said[0].0, "Invalid email or password");
    assert!(said.iter().all(|one| *one == said[0]), "{said:?}");
}

#[tokio::test]
async fn an_unknown_address_takes_as_long_as_a_wrong_password() {
    let app = App::start().await;
    register(&app, "ada@example.com").await;
    let time = async |email: &str| {
        let answer = login(&app, email, OTHER).await.expect(401);
        let handler = answer.header("server-timing").split(',').next().unwrap();
        handler.trim_start_matches("handler;dur=").parse::<f64>().unwrap()
    };
    let (mut known, mut unknown) = (f64::MAX, f64::MAX);
    for _ in 0..5 {
        known = known.min(time("ada@example.com").await);
        unknown = unknown.min(time("nobody@example.com").await);
    }
    // The bound is loose on purpose. Without the dummy hash, an unknown address takes a fifth of the time at most.
    assert!(unknown > known / 3.0, "{unknown} ms, a known address {known} ms");
}

#[tokio::test]
async fn a_password_is_the_same_however_its_letters_are_composed() {
    let app = App::start().await;
    let body = account("ada@example.com", "zoe\u{308} ne\u{301}e Bronte\u{308}");
    app.anonymous().post("/api/auth/register", &body).await.expect(201);
    login(&app, "ada@example.com", "zoë née Brontë").await.expect(200);
    login(&app, "ada@example.com", "zoe nee Bronte").await.expect_error(401, "invalid_credentials");
    login(&app, "ada@example.com", "ZOË née Brontë").await.expect_error(401, "invalid_credentials");
}

#[tokio::test]
async fn a_hash_that_costs_less_than_today_is_made_anew_at_login() {
    let app = App::start().await;
    let users = app.users();
    let attributes = UserAttributes { email: ada(), name: None, role: Role::User };
    let before = users.register(attributes, PasswordHash::from_phc(WEAK.to_owned())).await.unwrap();
    let hash = async || users.credential(&ada()).await.unwrap().unwrap().password_hash.unwrap();

    login(&app, "ada@example.com", OTHER).await.expect(401);
    assert_eq!(hash().await.as_str(), WEAK);

    let signed_in = login(&app, "ada@example.com", PASSWORD).await.expect(200);
    let anew = hash().await;
    assert!(!needs_rehash(&anew), "{}", anew.as_str());
    // The password stays the same, so no session ends and the user does not change.
    assert_eq!(users.get_latest(before.id).await.unwrap().unwrap(), before);
    let refresh = json!({"refreshToken": signed_in.text("/refreshToken")});
    app.anonymous().post("/api/auth/refresh", &refresh).await.expect(200);

    login(&app, "ada@example.com", PASSWORD).await.expect(200);
    assert_eq!(hash().await, anew);
}

#[tokio::test]
async fn a_hash_that_costs_less_than_today_is_made_anew_at_a_sign_in_with_a_cookie_too() {
    let app = App::start().await;
    let users = app.users();
    let attributes = UserAttributes { email: ada(), name: None, role: Role::User };
    users.register(attributes, PasswordHash::from_phc(WEAK.to_owned())).await.unwrap();
    app.browser().sign_in("ada@example.com", PASSWORD).await.expect(201);
    let hash = users.credential(&ada()).await.unwrap().unwrap().password_hash.unwrap();
    assert!(!needs_rehash(&hash), "{}", hash.as_str());
}

#[tokio::test]
async fn of_two_who_make_a_hash_anew_the_first_does() {
    let app = App::start().await;
    let users = app.users();
    let attributes = UserAttributes { email: ada(), name: None, role: Role::User };
    let weak = PasswordHash::from_phc(WEAK.to_owned());
    users.register(attributes, weak.clone()).await.unwrap();
    let hash = || Passwords::system().hash(&PASSWORD.parse().unwrap()).unwrap();
    let (first, second) = (hash(), hash());
    users.rehash(&ada(), &weak, &first).await.unwrap();
    users.rehash(&ada(), &weak, &second).await.unwrap();
    users.rehash(&"nobody@example.com".parse().unwrap(), &weak, &second).await.unwrap();
    assert_eq!(users.credential(&ada()).await.unwrap().unwrap().password_hash, Some(first));
}

#[tokio::test]
async fn the_password_moves_along_to_another_address() {
    let app = App::start().await;
    let registered = register(&app, "ada@example.com").await;
    let caller = app.user(&registered.text("/user/id"));
    let url = registered.header("location");
    caller.patch(url, &json!({"email": "lovelace@example.com"})).await.expect(200);
    app.confirm_address("lovelace@example.com").await;
    login(&app, "lovelace@example.com", PASSWORD).await.expect(200);
    login(&app, "ada@example.com", PASSWORD).await.expect_error(401, "invalid_credentials");
    caller.patch(url, &json!({"email": "LOVELACE@example.com"})).await.expect(200);
    login(&app, "lovelace@example.com", PASSWORD).await.expect(200);
    // The next user with the old address does not inherit its password.
    app.admin().post("/api/users", &user("ada@example.com")).await.expect(201);
    login(&app, "ada@example.com", PASSWORD).await.expect_error(401, "invalid_credentials");
}

#[tokio::test]
async fn a_changed_password_replaces_the_old_one_and_begins_an_epoch() {
    let app = App::start().await;
    let id = register(&app, "ada@example.com").await.text("/user/id");
    let users = app.users();
    let before = users.get_latest(id.parse().unwrap()).await.unwrap().unwrap();
    let hash = Passwords::system().hash(&OTHER.parse().unwrap()).unwrap();
    let after = users.change_password(&before, hash.clone()).await.unwrap();
    assert_eq!(
        (after.auth_epoch, after.revision.version),
        (before.auth_epoch + 1, before.revision.version + 1)
    );
    login(&app, "ada@example.com", PASSWORD).await.expect_error(401, "invalid_credentials");
    login(&app, "ada@example.com", OTHER).await.expect(200);
    // A caller with a stale copy of the user changes nothing.
    users.change_password(&before, hash).await.unwrap_err();
    assert_eq!(users.get(after.id).await.unwrap().unwrap(), after);
}

#[tokio::test]
async fn a_removed_user_does_not_sign_in() {
    let app = App::start().await;
    let registered = register(&app, "ada@example.com").await;
    app.user(&registered.text("/user/id")).delete(registered.header("location")).await.expect(204);
    login(&app, "ada@example.com", PASSWORD).await.expect_error(401, "invalid_credentials");
}

#[tokio::test]
async fn after_five_wrong_passwords_an_account_is_locked_for_a_while() {
    let app = App::limited("1").await;
    register(&app, "ada@example.com").await;
    register(&app, "grace@example.com").await;
    for _ in 0..5 {
        let answer = login(&app, "ada@example.com", OTHER).await;
        answer.expect_error(401, "invalid_credentials");
    }
    // The right password is refused as well. A new window lets five more attempts through.
    let mut answer = login(&app, "ADA@example.com", PASSWORD).await;
    for _ in 0..5 {
        if answer.status == 200 {
            answer = login(&app, "ada@example.com", PASSWORD).await;
        }
    }
    answer.expect_error(429, "rate_limited");
    let seconds: u32 = answer.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&seconds), "{answer:?}");
    login(&app, "grace@example.com", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn who_can_not_be_counted_does_not_sign_in() {
    let app = App::start().await;
    register(&app, "ada@example.com").await;
    app.stack.stop_dynamodb().await.unwrap();
    let answer = login(&app, "ada@example.com", PASSWORD).await;
    answer.expect_error(503, "unavailable");
    assert_eq!(answer.header("retry-after"), "1");
    app.stack.start_dynamodb().unwrap();
    login(&app, "ada@example.com", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn no_password_and_no_token_is_in_any_log() {
    let app = App::start().await;
    let anonymous = app.anonymous();
    let mut canaries =
        [PASSWORD, OTHER, "ada@example.com", "nobody@example.com", "argon2id"].map(str::to_owned).to_vec();
    canaries.extend(
        ["ACCESS_TOKEN_SECRET", "REFRESH_TOKEN_SECRET"]
            .map(|name| app.stack.secret(name).unwrap().to_owned()),
    );
    register(&app, "ada@example.com").await;
    for _ in 0..2 {
        let signed_in = login(&app, "ada@example.com", PASSWORD).await.expect(200);
        let refresh = json!({"refreshToken": signed_in.text("/refreshToken")});
        let refreshed = anonymous.post("/api/auth/refresh", &refresh).await.expect(200);
        let authorization = format!("Bearer {}", refreshed.text("/accessToken"));
        anonymous.get("/api/protected").header("authorization", &authorization).await.expect(200);
        anonymous.post("/api/auth/logout", &refresh).await.expect(204);
        anonymous.post("/api/auth/refresh", &refresh).await.expect(401);
        for answer in [signed_in, refreshed] {
            canaries.extend([answer.text("/accessToken"), answer.text("/refreshToken")]);
        }
    }
    login(&app, "ada@example.com", OTHER).await.expect(401);
    login(&app, "nobody@example.com", PASSWORD).await.expect(401);
    let again = anonymous.post("/api/auth/register", &account("ada@example.com", OTHER)).await;
    again.expect_error(409, "email_taken");
    let truncated = format!(r#"{{"email": "ada@example.com", "password": "{PASSWORD}"#);
    anonymous.post(PATH, &json!(null)).body(truncated).await.expect(400);
    app.stack.stop_dynamodb().await.unwrap();
    login(&app, "ada@example.com", PASSWORD).await.expect(503);

    app.stack.shutdown().await;
    let logs = app.stack.logs();
    assert!(logs.contains("/api/auth/login") && logs.contains("unavailable"), "{logs}");
    // `local` prints mails for the developer.
    let of_functions: Vec<&str> = logs.lines().filter(|line| !line.starts_with("mail to ")).collect();
    for canary in canaries {
        assert!(!of_functions.join("\n").contains(&canary), "{canary} is in the logs:\n{logs}");
    }
}

#[tokio::test]
async fn a_secret_that_is_too_short_stops_every_function_that_has_it() {
    let app = App::start().await;
    let short = "only 31 bytes  one is missing..";
    let mut stopped = 0;
    let holders =
        ["ACCESS_TOKEN_SECRET", "REFRESH_TOKEN_SECRET", "CURSOR_SECRET"].into_iter().flat_map(|secret| {
            let functions = &app.stack.template().functions;
            functions
                .iter()
                .filter(|function| function.variables.contains_key(secret))
                .map(move |function| (secret, function))
        });
    for (secret, function) in holders {
        let output = Command::new(App::binaries().join(&function.name))
            .env_clear()
            .envs(function.variables.keys().map(|name| (name, "another secret of more than 32 bytes")))
            .env("RATE_LIMIT_SCALE", "1")
            .env("AWS_LAMBDA_FUNCTION_NAME", &function.name)
            // Nothing listens at this address. A function that starts by mistake ends soon, with another message.
            .env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env(secret, short)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .unwrap();
        let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(!output.status.success(), "{}, {secret}: {printed}", function.name);
        let says = printed.contains(secret) && printed.contains("at least 32 bytes, and has 31");
        assert!(says, "{}, {secret}: {printed}", function.name);
        assert!(!printed.contains(short), "{}, {secret}: {printed}", function.name);
        stopped += 1;
    }
    assert!(stopped >= 5, "{stopped}");
}
