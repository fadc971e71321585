//! The sessions of a user, in the user's own hands.

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::Timestamp;
use shared::random::Random;
use shared::store::{MAX_SESSIONS, SESSION_IDLE_TIMEOUT, Sessions};
use tests::{Answer, App, Browser, PASSWORD};

const ADA: &str = "ada@example.com";
const PATH: &str = "/api/sessions";

async fn log_in(app: &App, user_agent: &str) -> Answer {
    let body = json!({"email": ADA, "password": PASSWORD});
    app.anonymous().post("/api/auth/login", &body).header("user-agent", user_agent).await.expect(200)
}

async fn refresh(app: &App, tokens: &Answer) -> Answer {
    let body = json!({"refreshToken": tokens.text("/refreshToken")});
    app.anonymous().post("/api/auth/refresh", &body).await
}

async fn list(browser: &Browser) -> Vec<Value> {
    browser.get(PATH).await.expect(200).json()["sessions"].as_array().unwrap().clone()
}

#[tokio::test]
async fn all_of_ones_own_sessions_are_listed_and_nobody_elses() {
    let app = App::start().await;
    app.account(ADA).await;
    app.account("bea@example.com").await;
    let other = app.signed_in_browser("bea@example.com").await;
    let tokens = log_in(&app, "phone/1.0 \u{202e}").await;
    let browser = app.signed_in_browser(ADA).await;
    let listed = list(&browser).await;
    let shown: Vec<_> = listed.iter().map(|one| (&one["kind"], &one["userAgent"], &one["current"])).collect();
    assert_eq!(
        shown,
        [
            (&json!("cookie"), &json!(null), &json!(true)),
            (&json!("tokens"), &json!("phone/1.0"), &json!(false)),
        ]
    );
    for session in &listed {
        assert_eq!(session["createdAt"], session["lastSeenAt"], "{session}");
        // The id is not what continues the session.
        let id = session["id"].as_str().unwrap();
        assert!(!browser.cookie().contains(id) && !tokens.text("/refreshToken").contains(id));
    }
    assert_eq!(list(&other).await.len(), 1);
    // Refreshing is a use of the same session.
    refresh(&app, &tokens).await.expect(200);
    let after = list(&browser).await;
    assert_eq!((after.len(), &after[1]["id"]), (2, &listed[1]["id"]));
    assert_ne!(after[1]["lastSeenAt"], listed[1]["lastSeenAt"]);
    assert_eq!(after[1]["createdAt"], listed[1]["createdAt"]);
}

#[tokio::test]
async fn a_session_of_either_kind_ends_by_its_id() {
    let app = App::start().await;
    app.account(ADA).await;
    let (tokens, other) = (log_in(&app, "phone").await, app.signed_in_browser(ADA).await);
    let this = app.signed_in_browser(ADA).await;
    let ids: Vec<String> =
        list(&this).await.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
    for id in &ids[1..] {
        this.delete(&format!("{PATH}/{id}")).await.expect(204);
        this.delete(&format!("{PATH}/{id}")).await.expect_error(404, "not_found");
    }
    other.get("/api/session").await.expect_error(401, "invalid_session");
    refresh(&app, &tokens).await.expect_error(401, "invalid_token");
    assert_eq!(list(&this).await.len(), 1);
    this.delete(&format!("{PATH}/{}", ids[0])).await.expect(204);
    this.get("/api/session").await.expect_error(401, "invalid_session");
}

#[tokio::test]
async fn somebody_elses_session_does_not_exist() {
    let app = App::start().await;
    app.account(ADA).await;
    app.account("mallory@example.com").await;
    let (ada, mallory) =
        (app.signed_in_browser(ADA).await, app.signed_in_browser("mallory@example.com").await);
    let id = list(&ada).await[0]["id"].as_str().unwrap().to_owned();
    let refused = mallory.delete(&format!("{PATH}/{id}")).await.expect_error(404, "not_found");
    assert_eq!(refused["error"], "Session not found");
    for none in ["1", "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f", "%20"] {
        ada.delete(&format!("{PATH}/{none}")).await.expect_error(404, "not_found");
    }
    ada.get("/api/session").await.expect(200);
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_session_and_keeps_the_password() {
    let app = App::start().await;
    app.account(ADA).await;
    let (tokens, other) = (log_in(&app, "phone").await, app.signed_in_browser(ADA).await);
    let this = app.signed_in_browser(ADA).await;
    let ended = this.delete(PATH).await.expect(204);
    assert!(ended.header("set-cookie").contains("Max-Age=0"), "{ended:?}");
    for browser in [&this, &other] {
        browser.get("/api/session").await.expect_error(401, "invalid_session");
    }
    refresh(&app, &tokens).await.expect_error(401, "invalid_token");
    let authorization = format!("Bearer {}", tokens.text("/accessToken"));
    let account = app.anonymous().get("/api/protected").header("authorization", &authorization).await;
    account.expect_error(401, "invalid_token");
    assert_eq!(list(&app.signed_in_browser(ADA).await).await.len(), 1);
    app.expect_whole().await;
}

#[tokio::test]
async fn a_sign_in_of_any_kind_beyond_the_most_ends_the_oldest_session() {
    let app = App::start().await;
    let account = json!({"email": ADA, "password": PASSWORD});
    let register = async || {
        let call = app.anonymous().post("/api/auth/register", &account);
        call.header("idempotency-key", "one").await.expect(201)
    };
    let mut tokens = vec![register().await];
    let mut browser = app.signed_in_browser(ADA).await;
    for _ in tokens.len() + 1..MAX_SESSIONS {
        tokens.push(log_in(&app, "phone").await);
    }
    assert_eq!(list(&browser).await.len(), MAX_SESSIONS);
    refresh(&app, &tokens[0]).await.expect(200);
    // A registration that is repeated, a sign-in with tokens, and one with a cookie.
    tokens.push(register().await);
    refresh(&app, &tokens[0]).await.expect_error(401, "invalid_token");
    browser.get("/api/session").await.expect(200);
    log_in(&app, "phone").await;
    browser.get("/api/session").await.expect_error(401, "invalid_session");
    browser.sign_in(ADA, PASSWORD).await.expect(201);
    refresh(&app, &tokens[1]).await.expect_error(401, "invalid_token");
    refresh(&app, &tokens[2]).await.expect(200);
    assert_eq!(list(&browser).await.len(), MAX_SESSIONS);
}

#[tokio::test]
async fn the_use_of_a_session_to_end_others_is_recorded_too() {
    let app = App::start().await;
    let ada = app.account(ADA).await;
    let long_ago =
        Clock::system().now().as_millis() - i64::try_from(SESSION_IDLE_TIMEOUT.as_millis()).unwrap() / 2;
    let sessions =
        Sessions::new(app.table(), Clock::set_to(Timestamp::from_millis(long_ago)), Random::system());
    let [this, other] = [(); 2].map(|()| sessions.begin(ada.id, ada.auth_epoch, None));
    let (this, other) = (this.await.unwrap(), other.await.unwrap());
    let browser = app.browser().with_cookie(&format!("__Host-sessionId={}", this.token.reveal()));
    browser.delete(&format!("{PATH}/{}", other.id())).await.expect(204);
    let listed = list(&browser).await;
    assert!(listed[0]["lastSeenAt"].as_str() > listed[0]["createdAt"].as_str(), "{listed:?}");
}
