//! Families of refresh tokens over time.

use std::time::Duration;

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::{Revision, Role, SessionId, Timestamp, User, UserAttributes, UserId};
use shared::random::Random;
use shared::store::RefreshFamilies;
use tests::App;

fn clock() -> Clock {
    Clock::set_to(Timestamp::from_millis(1_800_000_000_000))
}

fn families(app: &App, clock: &Clock) -> RefreshFamilies {
    RefreshFamilies::new(app.table(), clock.clone(), Random::seeded(1))
}

fn user() -> User {
    let now = clock().now();
    User {
        id: UserId::new(now, &Random::seeded(2)),
        attributes: UserAttributes {
            email: "ada@example.com".parse().unwrap(),
            name: None,
            role: Role::User,
        },
        revision: Revision::first(now),
        auth_epoch: 3,
        email_verified: false,
        pending_email: None,
    }
}

/// Returns the family's item in the table.
fn item(app: &App, id: SessionId) -> Option<Value> {
    let [pk, sk] = [format!("SESSIONS#{}", user().id), format!("SESSION#{id}")];
    let key = json!({"pk": {"S": pk}, "sk": {"S": sk}});
    let request = json!({"TableName": app.stack.table_name(), "Key": key});
    let found = app.stack.dynamodb().database().get_item(serde_json::from_value(request).unwrap()).unwrap();
    serde_json::to_value(found).unwrap().get("Item").filter(|item| !item.is_null()).cloned()
}

#[tokio::test]
async fn a_family_knows_who_signed_in_and_in_which_epoch() {
    let app = App::start().await;
    let families = families(&app, &clock());
    let begun = families.begin(&user(), None).await.unwrap();
    assert_eq!((begun.user_id, begun.epoch, begun.counter), (user().id, 3, 0));
    let rotated = families.rotate(user().id, begun.id, 0).await.unwrap().unwrap();
    assert_eq!((rotated.user_id, rotated.epoch, rotated.counter), (user().id, 3, 1));
}

#[tokio::test]
async fn a_retry_within_ten_seconds_gets_the_same_successor() {
    let app = App::start().await;
    let clock = clock();
    let families = families(&app, &clock);
    let id = families.begin(&user(), None).await.unwrap().id;
    let first = families.rotate(user().id, id, 0).await.unwrap().unwrap();
    clock.advance(Duration::from_secs(10));
    assert_eq!(families.rotate(user().id, id, 0).await.unwrap().unwrap(), first);
    // The successor is still valid.
    assert_eq!(families.rotate(user().id, id, 1).await.unwrap().unwrap().counter, 2);
}

#[tokio::test]
async fn a_retry_does_not_begin_another_ten_seconds() {
    let app = App::start().await;
    let clock = clock();
    let families = families(&app, &clock);
    let id = families.begin(&user(), None).await.unwrap().id;
    families.rotate(user().id, id, 0).await.unwrap().unwrap();
    clock.advance(Duration::from_secs(6));
    families.rotate(user().id, id, 0).await.unwrap().unwrap();
    clock.advance(Duration::from_secs(6));
    assert_eq!(families.rotate(user().id, id, 0).await.unwrap(), None);
}

#[tokio::test]
async fn a_replay_after_ten_seconds_ends_the_family() {
    let app = App::start().await;
    let clock = clock();
    let families = families(&app, &clock);
    let id = families.begin(&user(), None).await.unwrap().id;
    families.rotate(user().id, id, 0).await.unwrap().unwrap();
    clock.advance(Duration::from_millis(10_001));
    assert_eq!(families.rotate(user().id, id, 0).await.unwrap(), None);
    assert_eq!(item(&app, id), None);
    assert_eq!(families.rotate(user().id, id, 1).await.unwrap(), None);
}

#[tokio::test]
async fn a_token_whose_successor_was_used_ends_the_family_at_once() {
    let app = App::start().await;
    let families = families(&app, &clock());
    let id = families.begin(&user(), None).await.unwrap().id;
    families.rotate(user().id, id, 0).await.unwrap().unwrap();
    families.rotate(user().id, id, 1).await.unwrap().unwrap();
    assert_eq!(families.rotate(user().id, id, 0).await.unwrap(), None);
    assert_eq!(families.rotate(user().id, id, 2).await.unwrap(), None);
}

#[tokio::test]
async fn of_many_at_once_all_get_the_same_successor() {
    let app = App::start().await;
    let families = families(&app, &clock());
    let id = families.begin(&user(), None).await.unwrap().id;
    let rotated =
        futures_util::future::join_all((0..20).map(async |_| families.rotate(user().id, id, 0).await)).await;
    let counters: Vec<u32> =
        rotated.into_iter().map(|family| family.unwrap().expect("the family goes on").counter).collect();
    assert_eq!(counters, [1; 20]);
}

#[tokio::test]
async fn a_family_ends_30_days_after_it_began_however_much_it_is_used() {
    let app = App::start().await;
    let clock = clock();
    let families = families(&app, &clock);
    let id = families.begin(&user(), None).await.unwrap().id;
    let expires_at = item(&app, id).unwrap()["expiresAt"]["N"].clone();
    assert_eq!(expires_at, (clock.now().as_seconds() + 30 * 86_400).to_string());
    for day in 0..29 {
        clock.advance(Duration::from_hours(24));
        families.rotate(user().id, id, day).await.unwrap().unwrap();
    }
    clock.advance(Duration::from_secs(86_399));
    families.rotate(user().id, id, 29).await.unwrap().unwrap();
    clock.advance(Duration::from_secs(1));
    assert_eq!(families.rotate(user().id, id, 30).await.unwrap(), None);
}

#[tokio::test]
async fn an_expired_family_that_is_still_in_the_table_is_over() {
    let app = App::start().await;
    let clock = clock();
    let families = families(&app, &clock);
    let id = families.begin(&user(), None).await.unwrap().id;
    clock.advance(Duration::from_hours(30 * 24));
    for counter in [0, 1] {
        assert_eq!(families.rotate(user().id, id, counter).await.unwrap(), None);
    }
    assert!(item(&app, id).is_some());
}

#[tokio::test]
async fn a_family_that_nobody_began_or_that_was_ended_is_none() {
    let app = App::start().await;
    let families = families(&app, &clock());
    for counter in [0, 1, u32::MAX] {
        assert_eq!(families.rotate(user().id, SessionId::from_bytes([7; 16]), counter).await.unwrap(), None);
    }
    let id = families.begin(&user(), None).await.unwrap().id;
    families.end(user().id, id).await.unwrap();
    families.end(user().id, id).await.unwrap();
    assert_eq!(families.rotate(user().id, id, 0).await.unwrap(), None);
    assert_eq!(item(&app, id), None);
}

#[tokio::test]
async fn nothing_in_the_table_is_a_token() {
    let app = App::start().await;
    let families = families(&app, &clock());
    let id = families.begin(&user(), None).await.unwrap().id;
    let item = item(&app, id).unwrap();
    let mut names: Vec<&str> = item.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["counter", "epoch", "expiresAt", "pk", "seenAt", "sk"]);
}
