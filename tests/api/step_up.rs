//! Changes of an address or a role, and removals, need a sign-in of the last five minutes or the current password.

use std::time::Duration;

use serde_json::{Value, json};
use shared::auth::{RefreshTokens, STEP_UP_WINDOW, Subject};
use shared::clock::Clock;
use shared::domain::{Role, Timestamp, User};
use shared::random::Random;
use shared::store::{RefreshFamilies, Sessions};
use tests::{Answer, App, Browser, Call, PASSWORD};

const ADA: &str = "ada@example.com";
const CODE: &str = "recent_sign_in_required";

/// Returns the moment at which a sign-in is no longer recent.
fn too_long_ago() -> Timestamp {
    let ago = i64::try_from(STEP_UP_WINDOW.as_millis()).unwrap();
    Timestamp::from_millis(Clock::system().now().as_millis() - ago)
}

/// Returns a new access token of a user who signed in too long ago, as refreshing gives one.
fn old_sign_in(app: &App, user: &User) -> String {
    app.tokens.sign(Subject::of(user, too_long_ago())).unwrap()
}

/// Returns a browser whose session began too long ago.
async fn old_browser(app: &App, user: &User) -> Browser {
    let sessions = Sessions::new(app.table(), Clock::set_to(too_long_ago()), Random::system());
    let session = sessions.begin(user.id, user.auth_epoch, None).await.unwrap();
    app.browser().with_cookie(&format!("__Host-sessionId={}", session.token.reveal()))
}

fn with(call: Call, token: &str) -> Call {
    call.header("authorization", &format!("Bearer {token}"))
}

#[tokio::test]
async fn a_stolen_token_alone_neither_moves_nor_removes_an_account() {
    let app = App::start().await;
    let ada = app.account(ADA).await;
    let (url, token) = (format!("/api/users/{}", ada.id), old_sign_in(&app, &ada));
    let client = app.anonymous();
    let moved = json!({"email": "mallory@example.com"});
    for call in [client.put(&url, &moved), client.patch(&url, &moved), client.delete(&url)] {
        with(call, &token).await.expect_error(403, CODE);
    }
    assert_eq!(app.users().get_latest(ada.id).await.unwrap(), Some(ada.clone()));
    // What does not change whose account it is needs no more than the token.
    with(client.put(&url, &json!({"email": ADA, "name": "Ada"})), &token).await.expect(200);
    with(client.patch(&url, &json!({"name": "Countess"})), &token).await.expect(200);
    // A sign-in is enough.
    let again =
        client.post("/api/auth/login", &json!({"email": ADA, "password": PASSWORD})).await.expect(200);
    let token = again.text("/accessToken");
    with(client.patch(&url, &json!({"email": "lovelace@example.com"})), &token).await.expect(200);
    with(client.delete(&url), &token).await.expect(204);
}

#[tokio::test]
async fn an_admins_stolen_token_alone_moves_promotes_and_removes_nobody() {
    let app = App::start().await;
    let (ada, root) = (app.account(ADA).await, app.account_of("boss@example.com", Role::Admin).await);
    let (url, token) = (format!("/api/users/{}", ada.id), old_sign_in(&app, &root));
    let client = app.anonymous();
    for call in [
        client.patch(&url, &json!({"email": "mallory@example.com"})),
        client.patch(&url, &json!({"role": "admin"})),
        client.delete(&url),
    ] {
        with(call, &token).await.expect_error(403, CODE);
    }
    assert_eq!(app.users().get_latest(ada.id).await.unwrap(), Some(ada));
    with(client.patch(&url, &json!({"name": "Ada"})), &token).await.expect(200);
}

#[tokio::test]
async fn refreshing_a_token_is_no_sign_in() {
    let app = App::start().await;
    let ada = app.account(ADA).await;
    let families = RefreshFamilies::new(app.table(), Clock::set_to(too_long_ago()), Random::system());
    let secret = app.secret("REFRESH_TOKEN_SECRET");
    let (_, refresh_token) = RefreshTokens::new(&[secret], families).begin(&ada, None).await.unwrap();
    let body = json!({"refreshToken": refresh_token});
    let token = app.anonymous().post("/api/auth/refresh", &body).await.expect(200).text("/accessToken");
    let url = format!("/api/users/{}", ada.id);
    with(app.anonymous().delete(&url), &token).await.expect_error(403, CODE);
    // The refreshed token of a recent sign-in is one of a recent sign-in.
    let recent = app.anonymous().post("/api/auth/login", &json!({"email": ADA, "password": PASSWORD})).await;
    let body = json!({"refreshToken": recent.expect(200).text("/refreshToken")});
    let token = app.anonymous().post("/api/auth/refresh", &body).await.expect(200).text("/accessToken");
    with(app.anonymous().delete(&url), &token).await.expect(204);
}

#[tokio::test]
async fn a_stolen_cookie_alone_does_not_move_an_account() {
    let app = App::without_mail().await;
    let ada = app.account(ADA).await;
    let browser = old_browser(&app, &ada).await;
    let put = async |body: Value| -> Answer { browser.put("/api/profile", &body).await };
    put(json!({"email": "mallory@example.com"})).await.expect_error(403, CODE);
    let wrong = json!({"email": "mallory@example.com", "currentPassword": "not her password"});
    assert_eq!(put(wrong).await.bad_fields(), ["currentPassword"]);
    assert_eq!(app.users().get_latest(ada.id).await.unwrap(), Some(ada));
    put(json!({"email": ADA, "name": "Ada"})).await.expect(200);
    put(json!({"email": "lovelace@example.com", "currentPassword": PASSWORD})).await.expect(200);
    // Signing in again begins a session that may.
    let mut browser = browser.clone();
    browser.sign_in("lovelace@example.com", PASSWORD).await.expect(201);
    browser.put("/api/profile", &json!({"email": ADA})).await.expect(200);
}

#[tokio::test]
async fn guessing_the_password_to_move_an_account_is_limited_as_signing_in_is() {
    // Two attempts a minute for an account, and eight for a source address.
    let app = App::limited("0.4").await;
    let mut browsers = Vec::new();
    for n in 0..9 {
        let user = app.account(&format!("ada{n}@example.com")).await;
        browsers.push(old_browser(&app, &user).await);
    }
    let guess = json!({"email": "mallory@example.com", "currentPassword": "not her password"});
    // Enough for two windows.
    for (policy, count) in [("login", 1), ("login-address", browsers.len())] {
        let mut denied = Vec::new();
        for browser in browsers.iter().take(count).cycle().take(17) {
            let answer = browser.put("/api/profile", &guess).await;
            if answer.status == 429 {
                denied.push(answer.header("ratelimit").to_owned());
            }
        }
        assert!(denied.iter().any(|limit| limit.contains(&format!("\"{policy}\";r=0;"))), "{denied:?}");
    }
}

#[tokio::test]
async fn a_sign_in_is_recent_for_a_little_less_than_the_window() {
    let app = App::start().await;
    let ada = app.account(ADA).await;
    let minute = i64::try_from(Duration::from_mins(1).as_millis()).unwrap();
    let just_in_time = Timestamp::from_millis(too_long_ago().as_millis() + minute);
    let token = app.tokens.sign(Subject::of(&ada, just_in_time)).unwrap();
    with(app.anonymous().delete(&format!("/api/users/{}", ada.id)), &token).await.expect(204);
}
