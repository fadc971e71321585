use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::{Role, Timestamp};
use tests::{Answer, App, just_signed_in};

const PATH: &str = "/api/protected";

/// Paths of operations that take an access token, some of which do not require one.
const PATHS: &[&str] = &[PATH, "/api/posts", "/api/users"];

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
    let without = app.anonymous().get(PATH).await;
    assert_eq!(without.expect_error(401, "missing_token")["error"], "Authorization header required");
    for (name, value, hint) in [
        ("authorization", "Basic YTpi", "Bearer <access token>"),
        ("authorization", "Token a.b.c", "Bearer <access token>"),
        ("cookie", "a=b; __Host-sessionId=c", "no session cookie"),
    ] {
        let answer = app.anonymous().get(PATH).header(name, value).await;
        let error = answer.expect_error(401, "missing_token");
        let message = error["error"].as_str().unwrap();
        assert!(message.starts_with("Authorization header required") && message.contains(hint), "{message}");
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"api\"");
    }
}

#[tokio::test]
async fn a_wrong_token_is_refused() {
    let app = App::start().await;
    let good = register(&app).await.text("/accessToken");
    let (signed, signature) = good.rsplit_once('.').unwrap();
    for authorization in [
        "Bearer x",
        "Bearer null",
        &format!("Bearer {signed}."),
        &format!("Bearer {signed}.{}", signature.chars().rev().collect::<String>()),
        &format!("Bearer {good}x"),
        &format!("Bearer {}", "x".repeat(8 * 1024)),
    ] {
        let answer = app.anonymous().get(PATH).header("authorization", authorization).await;
        let error = answer.expect_error(401, "invalid_token");
        assert_eq!(error["error"], "Invalid or expired token", "{authorization}");
    }
}

#[tokio::test]
async fn a_header_that_holds_a_token_wrongly_is_told_how() {
    let app = App::start().await;
    let good = register(&app).await.text("/accessToken");
    for (authorization, hint) in [
        (good.clone(), "has no scheme"),
        (format!("Bearer:{good}"), "has no scheme"),
        ("Bearer".to_owned(), "has no token"),
        ("Bearer ".to_owned(), "has no token"),
        (format!("Bearer \"{good}\""), "without quotes"),
        (format!("Bearer Bearer {good}"), "one access token"),
        (format!("Bearer {good}, Bearer {good}"), "sent once"),
        (format!("Bearer {good} {good}"), "one access token"),
    ] {
        // A wrong token is refused even if a token is optional.
        for path in PATHS {
            let answer = app.anonymous().get(path).header("authorization", &authorization).await;
            let error = answer.expect_error(401, "invalid_token");
            let message = error["error"].as_str().unwrap();
            assert!(message.contains(hint), "{message}");
            let challenge =
                format!("Bearer realm=\"api\", error=\"invalid_token\", error_description=\"{message}\"");
            assert_eq!(answer.header("www-authenticate"), challenge);
        }
    }
}

#[tokio::test]
async fn an_expired_token_is_told_apart() {
    let app = App::start().await;
    let id = register(&app).await.text("/user/id").parse().unwrap();
    let clock = Clock::set_to(Timestamp::from_millis(Clock::system().now().as_millis() - 16 * 60 * 1000));
    let token = app.tokens.at(clock).sign(just_signed_in(id, Role::User)).unwrap();
    for path in PATHS {
        let answer = app.anonymous().get(path).header("authorization", &format!("Bearer {token}")).await;
        let error = answer.expect_error(401, "token_expired");
        assert!(error["error"].as_str().unwrap().contains("/api/auth/refresh"), "{error}");
        let challenge = answer.header("www-authenticate");
        assert!(
            challenge.starts_with("Bearer realm=\"api\", error=\"invalid_token\", error_description=\""),
            "{challenge}"
        );
    }
    // With another character appended, it is no longer a token of ours, whatever its time.
    let answer = app.anonymous().get(PATH).header("authorization", &format!("Bearer {token}x")).await;
    answer.expect_error(401, "invalid_token");
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
