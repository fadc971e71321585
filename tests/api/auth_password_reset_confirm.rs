use reqwest::Method;
use serde_json::json;
use shared::clock::Clock;
use shared::domain::{MailKind, Timestamp};
use tests::{Answer, App, PASSWORD};

const PATH: &str = "/api/auth/password-reset/confirm";
const ADA: &str = "ada@example.com";
const NEW: &str = "another fine password";

/// Asks for a link, and returns the token in the mail with this number.
async fn link(app: &App, number: usize) -> String {
    app.anonymous().post("/api/auth/password-reset", &json!({"email": ADA})).await.expect(202);
    app.link_token(ADA, number).await
}

async fn reset(app: &App, token: &str, password: &str) -> Answer {
    app.anonymous().post(PATH, &json!({"token": token, "password": password})).await
}

async fn login(app: &App, password: &str) -> Answer {
    app.anonymous().post("/api/auth/login", &json!({"email": ADA, "password": password})).await
}

#[tokio::test]
async fn the_link_sets_a_password_and_ends_every_session_and_token() {
    let app = App::start().await;
    app.account(ADA).await;
    let browser = app.signed_in_browser(ADA).await;
    let tokens = login(&app, PASSWORD).await.expect(200);
    let token = link(&app, 1).await;
    reset(&app, &token, NEW).await.expect(204);

    login(&app, PASSWORD).await.expect(401);
    browser.get("/api/session").await.expect(401);
    let refresh = json!({"refreshToken": tokens.text("/refreshToken")});
    app.anonymous().post("/api/auth/refresh", &refresh).await.expect(401);
    // The link was sent to the address, so it is confirmed.
    let account = login(&app, NEW).await.expect(200);
    assert_eq!(account.json()["user"]["emailVerified"], true);
    tests::expect_whole(app.table()).await;
}

#[tokio::test]
async fn a_link_is_used_once_and_a_bad_password_does_not_use_it_up() {
    let app = App::start().await;
    let id = app.account(ADA).await.id;
    let token = link(&app, 1).await;
    reset(&app, &token, "short").await.expect_error(400, "validation_failed");
    reset(&app, &token, "password1").await.expect_error(400, "validation_failed");
    reset(&app, &token, NEW).await.expect(204);
    let before = app.users().get_latest(id).await.unwrap();
    for password in [PASSWORD, NEW] {
        reset(&app, &token, password).await.expect_error(400, "invalid_link");
    }
    assert_eq!(app.users().get_latest(id).await.unwrap(), before);
    login(&app, NEW).await.expect(200);
}

#[tokio::test]
async fn the_address_is_told_of_a_new_password() {
    let app = App::start().await;
    app.account(ADA).await;
    reset(&app, &link(&app, 1).await, NEW).await.expect(204);
    // The address is confirmed now.
    let mut browser = app.browser();
    browser.sign_in(ADA, NEW).await.expect(201);
    let change = json!({"currentPassword": NEW, "newPassword": PASSWORD});
    browser.put("/api/profile", &change).await.expect(200);
    let subjects = app.mails(ADA, 3).await.into_iter().map(|mail| mail.subject).collect::<Vec<_>>();
    assert_eq!(subjects[1..], ["Your password was changed", "Your password was changed"]);
    // An address that nobody has confirmed may be a stranger's.
    app.account("bob@example.com").await;
    let browser = app.signed_in_browser("bob@example.com").await;
    let change = json!({"currentPassword": PASSWORD, "newPassword": NEW, "email": "eve@example.com"});
    browser.put("/api/profile", &change).await.expect(200);
    app.mails("eve@example.com", 1).await;
    assert!(app.stack.mails().borrow().iter().all(|mail| mail.to != ["bob@example.com"]));
}

#[tokio::test]
async fn of_many_who_use_a_link_at_once_one_does() {
    let app = App::start().await;
    app.account(ADA).await;
    let token = link(&app, 1).await;
    let answers = futures_util::future::join_all((0..5).map(|n| {
        let (app, token) = (&app, &token);
        async move { reset(app, token, &format!("{NEW} {n}")).await }
    }))
    .await;
    let done: Vec<usize> = (0..5).filter(|n| answers[*n].status == 204).collect();
    let [winner] = done[..] else { panic!("{answers:?}") };
    assert!(answers.iter().all(|answer| [204, 400].contains(&answer.status)), "{answers:?}");
    login(&app, &format!("{NEW} {winner}")).await.expect(200);
}

#[tokio::test]
async fn a_link_is_good_for_30_minutes_although_its_item_may_stay() {
    let app = App::start().await;
    let user = app.account(ADA).await;
    // The test makes the links itself.
    app.stack.ses().stop().await.unwrap();
    for (minutes, status) in [(29, 204), (30, 400)] {
        let then = Clock::system().now().as_millis() - minutes * 60_000;
        let user = app.users().get_latest(user.id).await.unwrap().unwrap();
        let then = Clock::set_to(Timestamp::from_millis(then));
        let token = app.link_for(MailKind::PasswordReset, &user, then).await;
        reset(&app, &token, NEW).await.expect(status);
    }
}

#[tokio::test]
async fn another_password_and_another_reset_end_the_link() {
    let app = App::start().await;
    app.account(ADA).await;
    let (one, other) = (link(&app, 1).await, link(&app, 2).await);
    reset(&app, &one, NEW).await.expect(204);
    reset(&app, &other, PASSWORD).await.expect_error(400, "invalid_link");
    // The third mail tells of the change.
    let third = link(&app, 4).await;
    let mut browser = app.browser();
    browser.sign_in(ADA, NEW).await.expect(201);
    let change = json!({"currentPassword": NEW, "newPassword": PASSWORD});
    browser.call(Method::PUT, "/api/profile").json(&change).await.expect(200);
    reset(&app, &third, NEW).await.expect_error(400, "invalid_link");
    login(&app, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_link_to_an_address_that_the_account_has_left_is_over() {
    let app = App::start().await;
    let ada = app.account(ADA).await;
    let token = link(&app, 1).await;
    let (path, client) = (format!("/api/users/{}", ada.id), app.user(&ada.id.to_string()));
    client.patch(&path, &json!({"email": "lovelace@example.com"})).await.expect(200);
    app.confirm_address("lovelace@example.com").await;
    reset(&app, &token, NEW).await.expect_error(400, "invalid_link");
}

#[tokio::test]
async fn a_reset_stops_a_change_of_the_address_that_somebody_else_asked_for() {
    let app = App::start().await;
    let ada = app.confirmed_account(ADA).await;
    let path = format!("/api/users/{}", ada.id);
    let thief = app.user(&ada.id.to_string());
    thief.patch(&path, &json!({"email": "thief@example.com"})).await.expect(200);
    let stolen = app.link_token("thief@example.com", 1).await;
    // The first mail to Ada tells her.
    let token = link(&app, 2).await;
    reset(&app, &token, NEW).await.expect(204);
    app.anonymous()
        .post("/api/auth/email-confirmation/confirm", &json!({"token": stolen}))
        .await
        .expect_error(400, "invalid_link");
    let account = login(&app, NEW).await.expect(200);
    assert_eq!(account.json()["user"].get("pendingEmail"), None);
}
