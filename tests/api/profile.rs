//! The profile of a user who is signed in with a cookie.

use serde_json::{Value, json};
use tests::{App, Browser, PASSWORD};

const ADA: &str = "ada@example.com";
const OTHER_PASSWORD: &str = "another horse, another battery";

async fn change_password(browser: &Browser, from: &str, to: &str) -> tests::Answer {
    browser.put("/api/profile", &json!({"currentPassword": from, "newPassword": to})).await
}

#[tokio::test]
async fn name_and_address_change_and_what_is_missing_stays() {
    let app = App::without_mail().await;
    let id = app.account(ADA).await.id.to_string();
    let browser = app.signed_in_browser(ADA).await;
    let put = async |body: Value| {
        let user = browser.put("/api/profile", &body).await.expect(200).json()["user"].clone();
        assert_eq!(user, browser.get("/api/profile").await.expect(200).json()["user"]);
        assert_eq!(user["id"], id);
        (user["name"].clone(), user["email"].clone())
    };
    assert_eq!(put(json!({"name": "Ada"})).await, (json!("Ada"), json!(ADA)));
    assert_eq!(
        put(json!({"email": "lovelace@example.com"})).await,
        (json!("Ada"), json!("lovelace@example.com"))
    );
    assert_eq!(put(json!({})).await, (json!("Ada"), json!("lovelace@example.com")));
    assert_eq!(put(json!({"name": null})).await, (json!(null), json!("lovelace@example.com")));
    // The password belongs to the new address now.
    app.browser().sign_in("lovelace@example.com", PASSWORD).await.expect(201);
    app.browser().sign_in(ADA, PASSWORD).await.expect_error(401, "invalid_credentials");
}

#[tokio::test]
async fn of_two_pages_that_change_the_profile_one_is_told() {
    let app = App::start().await;
    app.account(ADA).await;
    let browser = app.signed_in_browser(ADA).await;
    let shown = browser.get("/api/profile").await.expect(200);
    let etag = shown.header("etag");
    browser.get("/api/profile").header("if-none-match", etag).await.expect(304);
    let put = |name: &str| browser.put("/api/profile", &json!({"name": name}));
    let changed = put("Ada").header("if-match", etag).await.expect(200);
    put("Lost").header("if-match", etag).await.expect_error(412, "precondition_failed");
    put("Lost")
        .header("if-unmodified-since", shown.header("last-modified"))
        .await
        .expect_error(412, "precondition_failed");
    put("Lost").header("if-none-match", "*").await.expect_error(412, "precondition_failed");
    assert_eq!(put("Lost").header("if-match", "1").await.bad_fields(), ["If-Match"]);
    let now = browser.get("/api/profile").await.expect(200);
    assert_eq!((now.json(), now.header("etag")), (changed.json(), changed.header("etag")));
    put("Countess").header("if-match", changed.header("etag")).await.expect(200);
}

#[tokio::test]
async fn what_can_not_be_used_is_named_and_nothing_changes() {
    let app = App::start().await;
    app.account(ADA).await;
    let browser = app.signed_in_browser(ADA).await;
    let before = browser.get("/api/profile").await.expect(200).json();
    for (body, fields) in [
        (json!({"role": "admin", "id": "x", "authEpoch": 9}), vec!["authEpoch", "id", "role"]),
        (json!({"passwordHash": "x", "password": PASSWORD}), vec!["password", "passwordHash"]),
        (json!({"name": "", "email": null}), vec!["email", "name"]),
        (json!({"newPassword": OTHER_PASSWORD}), vec!["currentPassword"]),
        (json!({"currentPassword": "wrong"}), vec!["currentPassword"]),
        (json!({"newPassword": "short"}), vec!["currentPassword", "newPassword"]),
        (json!({"currentPassword": PASSWORD, "newPassword": "password1"}), vec!["newPassword"]),
        (json!({"currentPassword": PASSWORD, "newPassword": null}), vec!["newPassword"]),
        (json!({"currentPassword": "wrong", "newPassword": OTHER_PASSWORD}), vec!["currentPassword"]),
    ] {
        let mut with_name = body.clone();
        with_name.as_object_mut().unwrap().entry("name").or_insert(json!("Mallory"));
        assert_eq!(browser.put("/api/profile", &with_name).await.bad_fields(), fields, "{body}");
    }
    assert_eq!(browser.get("/api/profile").await.expect(200).json(), before);
    app.browser().sign_in(ADA, PASSWORD).await.expect(201);
}

#[tokio::test]
async fn another_password_ends_all_but_the_session_that_set_it() {
    let app = App::start().await;
    app.account(ADA).await;
    let tokens = app
        .anonymous()
        .post("/api/auth/login", &json!({"email": ADA, "password": PASSWORD}))
        .await
        .expect(200)
        .json();
    let (this, other) = (app.signed_in_browser(ADA).await, app.signed_in_browser(ADA).await);
    change_password(&this, PASSWORD, OTHER_PASSWORD).await.expect(200);

    this.get("/api/session").await.expect(200);
    other.get("/api/session").await.expect_error(401, "invalid_session");
    let refresh = json!({"refreshToken": tokens["refreshToken"]});
    app.anonymous().post("/api/auth/refresh", &refresh).await.expect_error(401, "invalid_token");
    app.browser().sign_in(ADA, PASSWORD).await.expect_error(401, "invalid_credentials");
    app.browser().sign_in(ADA, OTHER_PASSWORD).await.expect(201);

    // The same session changes the password once more.
    change_password(&this, OTHER_PASSWORD, PASSWORD).await.expect(200);
    this.delete("/api/session").await.expect(204);
    this.get("/api/session").await.expect_error(401, "invalid_session");
}

#[tokio::test]
async fn address_and_password_change_together_or_not_at_all() {
    let app = App::without_mail().await;
    app.account(ADA).await;
    app.account("grace@example.com").await;
    let browser = app.signed_in_browser(ADA).await;
    let put = async |email: &str| {
        let body = json!({"email": email, "currentPassword": PASSWORD, "newPassword": OTHER_PASSWORD});
        browser.put("/api/profile", &body).await
    };
    put("grace@example.com").await.expect_error(409, "email_taken");
    app.browser().sign_in(ADA, PASSWORD).await.expect(201);

    put("lovelace@example.com").await.expect(200);
    browser.get("/api/session").await.expect(200);
    app.browser().sign_in("lovelace@example.com", OTHER_PASSWORD).await.expect(201);
    app.browser().sign_in(ADA, PASSWORD).await.expect_error(401, "invalid_credentials");
    app.account(ADA).await;
}

#[tokio::test]
async fn of_two_sessions_that_change_the_password_at_once_one_does_and_goes_on() {
    let app = App::start().await;
    app.account(ADA).await;
    let browsers = [app.signed_in_browser(ADA).await, app.signed_in_browser(ADA).await];
    let answers = tokio::join!(
        change_password(&browsers[0], PASSWORD, "the first one's password"),
        change_password(&browsers[1], PASSWORD, "the second one's password"),
    );
    let mut statuses = [answers.0.status, answers.1.status];
    statuses.sort_unstable();
    // The slower request finds its session ended (401), or the password changed already (400).
    assert!(statuses == [200, 401] || statuses == [200, 400], "{answers:?}");
    let mut signed_in = 0;
    for browser in &browsers {
        signed_in += u32::from(browser.get("/api/session").await.status == 200);
    }
    assert_eq!(signed_in, 1);
}

#[tokio::test]
async fn guessing_the_current_password_is_limited_as_signing_in_is() {
    let app = App::limited("0.4").await;
    app.account(ADA).await;
    let browser = app.signed_in_browser(ADA).await;
    let mut answers = Vec::new();
    for _ in 0..5 {
        answers.push(change_password(&browser, "not her password", OTHER_PASSWORD).await);
    }
    let denied = answers.iter().find(|answer| answer.status == 429).unwrap_or_else(|| panic!("{answers:?}"));
    denied.expect_error(429, "rate_limited");
}
