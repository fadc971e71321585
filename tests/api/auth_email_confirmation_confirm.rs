use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::{MailKind, Timestamp};
use tests::{Answer, App};

const PATH: &str = "/api/auth/email-confirmation/confirm";
const ADA: &str = "ada@example.com";

/// Registers Ada, and returns her id.
async fn register(app: &App) -> String {
    let registration = json!({"email": ADA, "password": "correct horse"});
    let answer = app.anonymous().post("/api/auth/register", &registration).await.expect(201);
    assert_eq!(answer.json()["user"]["emailVerified"], false);
    answer.text("/user/id")
}

async fn confirm(app: &App, token: &str) -> Answer {
    app.anonymous().post(PATH, &json!({"token": token})).await
}

async fn is_verified(app: &App, id: &str) -> Value {
    app.user(id).get("/api/protected").await.expect(200).json()["user"]["emailVerified"].clone()
}

#[tokio::test]
async fn the_link_confirms_the_address_whoever_follows_it() {
    let app = App::start().await;
    let id = register(&app).await;
    let token = app.link_token(ADA, 1).await;
    assert_eq!(is_verified(&app, &id).await, false);
    // The page to which the link leads is fixed, and reading it changes nothing.
    let mail = app.mails(ADA, 1).await.remove(0);
    let page = mail.link().unwrap().split_once('#').unwrap().0.to_owned();
    app.whole_urls().get(&page).await.expect(200);
    app.anonymous().get(PATH).await.expect(405);
    assert_eq!(is_verified(&app, &id).await, false);

    confirm(&app, &token).await.expect(204);
    assert_eq!(is_verified(&app, &id).await, true);
    // The admin of the test, who is listed first, has not confirmed an address.
    let listed = app.admin().get("/api/users").await.expect(200).json();
    let verified = [0, 1].map(|n| listed["users"][n]["emailVerified"].clone());
    assert_eq!(verified, [json!(false), json!(true)]);
    tests::expect_whole(app.table()).await;
}

#[tokio::test]
async fn a_link_that_was_used_succeeds_without_an_effect_while_the_account_has_the_address() {
    let app = App::start().await;
    let id = register(&app).await;
    let user = async || app.users().get_latest(id.parse().unwrap()).await.unwrap();
    let token = app.link_token(ADA, 1).await;
    confirm(&app, &token).await.expect(204);
    let before = user().await;
    confirm(&app, &token).await.expect(204);
    assert_eq!(user().await, before);
    // It does not give the address back to an account that has left it.
    let (client, path) = (app.user(&id), format!("/api/users/{id}"));
    client.patch(&path, &json!({"email": "lovelace@example.com"})).await.expect(200);
    confirm(&app, &app.link_token("lovelace@example.com", 1).await).await.expect(204);
    confirm(&app, &token).await.expect_error(400, "invalid_link");
    client.patch(&path, &json!({"email": ADA})).await.expect(200);
    let before = user().await;
    confirm(&app, &token).await.expect_error(400, "invalid_link");
    assert_eq!(user().await, before);
}

#[tokio::test]
async fn many_who_use_a_link_at_once_have_one_effect() {
    let app = App::start().await;
    let id = register(&app).await;
    let token = app.link_token(ADA, 1).await;
    let before = app.users().get_latest(id.parse().unwrap()).await.unwrap().unwrap();
    for answer in futures_util::future::join_all((0..10).map(|_| confirm(&app, &token))).await {
        answer.expect(204);
    }
    let after = app.users().get_latest(id.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(after.revision.version, before.revision.version + 1);
}

#[tokio::test]
async fn a_link_is_good_for_24_hours_although_its_item_may_stay() {
    let app = App::start().await;
    let user = app.account(ADA).await;
    // The test makes the links itself.
    app.stack.ses().stop().await.unwrap();
    for (hours, status) in [(23, 204), (24, 400)] {
        let ago = i64::try_from(Duration::from_hours(hours).as_millis()).unwrap();
        let then = Clock::set_to(Timestamp::from_millis(Clock::system().now().as_millis() - ago));
        let token = app.link_for(MailKind::Confirmation, &user, then).await;
        confirm(&app, &token).await.expect(status);
    }
}

#[tokio::test]
async fn a_link_of_another_kind_or_of_nobody_is_no_link() {
    let app = App::start().await;
    register(&app).await;
    let token = app.link_token(ADA, 1).await;
    app.anonymous().post("/api/auth/password-reset", &json!({"email": ADA})).await.expect(202);
    let reset = app.link_token(ADA, 2).await;
    confirm(&app, &reset).await.expect_error(400, "invalid_link");
    let other = format!("{}{}", &token[..63], if token.ends_with('A') { 'B' } else { 'A' });
    confirm(&app, &other).await.expect_error(400, "invalid_link");
    for text in ["", "A", &token[1..], &format!("{token}A")] {
        confirm(&app, text).await.expect_error(400, "validation_failed");
    }
    let id = app.users().credential(&ADA.parse().unwrap()).await.unwrap().unwrap().user_id;
    app.user(&id.to_string()).delete(&format!("/api/users/{id}")).await.expect(204);
    confirm(&app, &token).await.expect_error(400, "invalid_link");
}

#[tokio::test]
async fn the_table_and_its_stream_hold_nothing_that_makes_a_link() {
    let app = App::start().await;
    register(&app).await;
    let token = app.link_token(ADA, 1).await;
    let items = format!("{:?}", app.items());
    // The secret follows the 16 bytes of the mail's id, which end within a group of base64.
    let secret = URL_SAFE_NO_PAD.encode(&URL_SAFE_NO_PAD.decode(&token).unwrap()[16..]);
    assert!(items.contains("linkHashes"), "{items}");
    assert!(!items.contains(&token[24..]) && !items.contains(&secret), "{items}");
    assert!(!app.stack.logs().contains(&format!("{}\"", &token[24..])), "a function logs a link");
}
