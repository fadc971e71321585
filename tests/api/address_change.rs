//! Another address is pending until it is confirmed.

use serde_json::json;
use tests::{Answer, App, PASSWORD};

const ADA: &str = "ada@example.com";
const NEW: &str = "lovelace@example.com";

async fn confirm(app: &App, token: &str) -> Answer {
    app.anonymous().post("/api/auth/email-confirmation/confirm", &json!({"token": token})).await
}

async fn login(app: &App, email: &str) -> Answer {
    app.anonymous().post("/api/auth/login", &json!({"email": email, "password": PASSWORD})).await
}

#[tokio::test]
async fn another_address_is_pending_until_it_is_confirmed_and_the_old_one_is_told() {
    let app = App::start().await;
    let ada = app.confirmed_account(ADA).await;
    let (path, client) = (format!("/api/users/{}", ada.id), app.user(&ada.id.to_string()));
    let changed = client.patch(&path, &json!({"email": NEW})).await.expect(200).json();
    assert_eq!((&changed["email"], &changed["pendingEmail"]), (&json!(ADA), &json!(NEW)));
    // A change of something else keeps it pending.
    let renamed = client.patch(&path, &json!({"name": "Ada"})).await.expect(200).json();
    assert_eq!((&renamed["pendingEmail"], &renamed["emailVerified"]), (&json!(NEW), &json!(true)));
    let told = app.mails(ADA, 1).await.remove(0);
    assert_eq!(
        (told.subject.as_str(), told.link()),
        ("Your account is about to get another e-mail address", None)
    );
    login(&app, NEW).await.expect(401);
    login(&app, ADA).await.expect(200);

    confirm(&app, &app.link_token(NEW, 1).await).await.expect(204);
    let account = login(&app, NEW).await.expect(200).json();
    assert_eq!((&account["user"]["email"], &account["user"]["emailVerified"]), (&json!(NEW), &json!(true)));
    assert_eq!(account["user"].get("pendingEmail"), None);
    login(&app, ADA).await.expect(401);
    tests::expect_whole(app.table()).await;
}

#[tokio::test]
async fn an_address_that_is_not_confirmed_is_not_told() {
    let app = App::start().await;
    // Somebody registers with another's address, to fill that mailbox.
    let ada = app.account(ADA).await;
    let (path, client) = (format!("/api/users/{}", ada.id), app.user(&ada.id.to_string()));
    client.patch(&path, &json!({"email": NEW})).await.expect(200);
    app.mails(NEW, 1).await;
    assert_eq!(app.stack.mails().borrow().len(), 1);
}

#[tokio::test]
async fn a_profile_changes_in_the_same_way_also_together_with_the_password() {
    let app = App::start().await;
    app.account(ADA).await;
    let browser = app.signed_in_browser(ADA).await;
    let change = json!({"email": NEW, "currentPassword": PASSWORD, "newPassword": "another fine password"});
    let changed = browser.put("/api/profile", &change).await.expect(200).json();
    assert_eq!((&changed["user"]["email"], &changed["user"]["pendingEmail"]), (&json!(ADA), &json!(NEW)));
    confirm(&app, &app.link_token(NEW, 1).await).await.expect(204);
    let profile = browser.get("/api/profile").await.expect(200).json();
    assert_eq!((&profile["user"]["email"], &profile["user"]["emailVerified"]), (&json!(NEW), &json!(true)));
}

#[tokio::test]
async fn whether_somebody_has_the_address_shows_to_its_owner_alone() {
    let app = App::start().await;
    let (ada, _) = (app.account(ADA).await, app.account(NEW).await);
    let (path, client) = (format!("/api/users/{}", ada.id), app.user(&ada.id.to_string()));
    client.patch(&path, &json!({"email": NEW})).await.expect(200);
    confirm(&app, &app.link_token(NEW, 1).await).await.expect_error(409, "email_taken");
    login(&app, ADA).await.expect(200);
    tests::expect_whole(app.table()).await;
}

#[tokio::test]
async fn the_latest_address_counts_and_asking_again_sends_again() {
    let app = App::start().await;
    let ada = app.account(ADA).await;
    let (path, client) = (format!("/api/users/{}", ada.id), app.user(&ada.id.to_string()));
    client.patch(&path, &json!({"email": "first@example.com"})).await.expect(200);
    let first = app.link_token("first@example.com", 1).await;
    for _ in 0..2 {
        client.patch(&path, &json!({"email": NEW})).await.expect(200);
    }
    confirm(&app, &first).await.expect_error(400, "invalid_link");
    confirm(&app, &app.link_token(NEW, 2).await).await.expect(204);
    // The address is confirmed already; the link is still good once.
    confirm(&app, &app.link_token(NEW, 1).await).await.expect(204);
}

#[tokio::test]
async fn another_spelling_of_the_mailbox_changes_at_once() {
    let app = App::start().await;
    let ada = app.confirmed_account(ADA).await;
    let path = format!("/api/users/{}", ada.id);
    let changed = app.user(&ada.id.to_string()).patch(&path, &json!({"email": "ADA@example.com"})).await;
    let changed = changed.expect(200).json();
    assert_eq!((&changed["email"], &changed["emailVerified"]), (&json!("ADA@example.com"), &json!(true)));
}

#[tokio::test]
async fn an_address_that_mail_does_not_reach_is_refused_where_mail_is_needed() {
    let app = App::start().await;
    let ada = app.account(ADA).await;
    let (path, zoe) = (format!("/api/users/{}", ada.id), json!({"email": "zoë@example.com"}));
    for answer in [
        app.user(&ada.id.to_string()).patch(&path, &zoe).await,
        app.admin().post("/api/users", &zoe).await,
        app.signed_in_browser(ADA).await.put("/api/profile", &zoe).await,
    ] {
        assert_eq!(answer.expect(400).bad_fields(), ["email"]);
    }
    // An account with a password needs none.
    for email in ["zoë@example.com", "ada@bücher.example"] {
        let registration = json!({"email": email, "password": PASSWORD});
        app.anonymous().post("/api/auth/register", &registration).await.expect(201);
    }
    app.logged("\"message\":\"skipped\"").await;
    app.mails("ada@xn--bcher-kva.example", 1).await;
}

#[tokio::test]
async fn mails_to_an_address_are_limited() {
    let app = App::limited("0.4").await;
    let ada = app.account(ADA).await;
    let (path, client) = (format!("/api/users/{}", ada.id), app.user(&ada.id.to_string()));
    let browser = app.signed_in_browser(ADA).await;
    let mut statuses = Vec::new();
    // Two are allowed, and at most one new window begins meanwhile.
    for n in 0..5 {
        let answer = match n % 2 {
            0 => client.patch(&path, &json!({"email": NEW})).await,
            _ => browser.put("/api/profile", &json!({"email": NEW})).await,
        };
        statuses.push(answer.status);
    }
    assert!(statuses[..2] == [200, 200] && statuses.contains(&429), "{statuses:?}");
    client.patch(&path, &json!({"name": "Ada"})).await.expect(200);
}
