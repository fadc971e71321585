use serde_json::{Value, json};
use shared::auth::{AccessTokens, Caller};
use shared::clock::Clock;
use shared::config::Secret;
use shared::domain::Role;
use shared::random::Random;
use tests::{Answer, App};

const PATH: &str = "/api/protected";

fn account() -> Value {
    json!({"email": "ada@example.com", "password": "correct horse battery staple", "name": "Ada"})
}

async fn register(app: &App) -> Answer {
    app.anonymous().post("/api/auth/register", &account()).await.expect(201)
}

#[tokio::test]
async fn a_caller_sees_their_own_account() {
    let app = App::start().await;
    let registered = register(&app).await;
    let authorization = format!("Bearer {}", registered.text("/accessToken"));
    let answer = app.anonymous().get(PATH).header("authorization", &authorization).await.expect(200);
    assert_eq!(answer.json(), json!({"user": registered.json()["user"]}));
    assert_eq!(answer.text("/user/email"), "ada@example.com");
}

#[tokio::test]
async fn without_a_token_it_says_that_one_is_required() {
    let app = App::start().await;
    app.anonymous().get(PATH).await.expect_error(401, "missing_token");
    for authorization in ["Basic YTpi", "Digest x"] {
        let answer = app.anonymous().get(PATH).header("authorization", authorization).await;
        let error = answer.expect_error(401, "missing_token");
        assert_eq!(error["error"], "Authorization header required");
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"api\"");
    }
}

#[tokio::test]
async fn a_wrong_token_is_refused() {
    let app = App::start().await;
    let good = register(&app).await.text("/accessToken");
    let (signed, signature) = good.rsplit_once('.').unwrap();
    for authorization in [
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer null",
        &format!("Bearer {signed}."),
        &format!("Bearer {signed}.{}", signature.chars().rev().collect::<String>()),
        &format!("Bearer {good}, Bearer {good}"),
        &format!("Bearer {good} {good}"),
        &format!("Bearer {good}x"),
        &format!("Bearer {}", "x".repeat(8 * 1024)),
    ] {
        let answer = app.anonymous().get(PATH).header("authorization", authorization).await;
        let error = answer.expect_error(401, "invalid_token");
        assert_eq!(error["error"], "Invalid or expired token", "{authorization}");
    }
}

#[tokio::test]
async fn two_tokens_are_one_too_many() {
    let app = App::start().await;
    let good = register(&app).await.text("/accessToken");
    let request = format!(
        "GET {PATH} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {good}\r\n\
         Authorization: Bearer {good}\r\nConnection: close\r\n\r\n"
    );
    let answer = app.raw(request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 401") && answer.contains("invalid_token"), "{answer}");
}

#[tokio::test]
async fn a_token_is_not_valid_any_more_when_its_user_is_gone() {
    let app = App::start().await;
    let registered = register(&app).await;
    let authorization = format!("Bearer {}", registered.text("/accessToken"));
    app.user(&registered.text("/user/id")).delete(registered.header("location")).await.expect(204);
    let answer = app.anonymous().get(PATH).header("authorization", &authorization).await;
    assert_eq!(answer.expect_error(401, "invalid_token")["error"], "Invalid or expired token");
}

#[tokio::test]
async fn while_the_secret_is_changed_tokens_of_both_are_good() {
    let (new, previous) = ("the new secret of at least 32 bytes", "the secret that was of at least 32 bytes");
    let app = App::with_variable("JWT_SECRET", &format!("{new},{previous}")).await;
    let user = app.anonymous().post("/api/auth/register", &account()).await.expect(201);
    let caller = Caller { id: user.text("/user/id").parse().unwrap(), role: Role::User };
    let old = Secret::new("JWT_SECRET", previous.to_owned()).unwrap();
    let old = AccessTokens::new(&[old], Clock::system(), Random::system()).sign(caller).unwrap();
    for token in [old, app.tokens.sign(caller).unwrap(), user.text("/accessToken")] {
        let answer = app.anonymous().get(PATH).header("authorization", &format!("Bearer {token}")).await;
        assert_eq!(answer.expect(200).text("/user/id"), user.text("/user/id"));
    }
}
