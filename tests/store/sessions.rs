//! The end of sessions, by a clock that the test sets.

use std::time::Duration;

use serde_json::Value;
use shared::clock::Clock;
use shared::domain::{PasswordHash, Timestamp, UserAttributes, UserId};
use shared::random::Random;
use shared::store::{Error, SESSION_IDLE_TIMEOUT, SESSION_LIFETIME, SessionId, Sessions};
use tests::App;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_hours(1);

/// Returns the sessions of an app's table, and their clock.
fn sessions(app: &App) -> (Sessions, Clock) {
    let clock = Clock::set_to(Timestamp::from_millis(1_800_000_000_000));
    (Sessions::new(app.table(), clock.clone(), Random::system()), clock)
}

fn user() -> UserId {
    UserId::new(Timestamp::from_millis(1), &Random::system())
}

#[tokio::test]
async fn a_session_is_found_by_its_id_until_it_ends() {
    let app = App::start().await;
    let (sessions, _) = sessions(&app);
    let begun = sessions.begin(user(), 3).await.unwrap();
    assert_eq!(sessions.find(begun.id).await.unwrap(), Some(begun));
    sessions.end(begun.id).await.unwrap();
    assert_eq!(sessions.find(begun.id).await.unwrap(), None);
    sessions.end(begun.id).await.unwrap();
    assert_eq!(app.items(), Vec::<Value>::new());
}

#[tokio::test]
async fn an_id_that_was_changed_finds_nothing() {
    let app = App::start().await;
    let (sessions, _) = sessions(&app);
    let id = sessions.begin(user(), 0).await.unwrap().id.reveal();
    for at in 0..id.len() {
        let mut changed = id.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'Q' } else { b'A' };
        let Ok(changed) = String::from_utf8(changed).unwrap().parse::<SessionId>() else { continue };
        assert_eq!(sessions.find(changed).await.unwrap(), None, "at {at}");
    }
}

#[tokio::test]
async fn the_table_does_not_hold_the_id() {
    let app = App::start().await;
    let (sessions, _) = sessions(&app);
    let id = sessions.begin(user(), 0).await.unwrap().id.reveal();
    let items = app.items();
    assert_eq!(items.len(), 1, "{items:?}");
    assert!(!items[0].to_string().contains(&id), "{items:?}");
}

#[tokio::test]
async fn an_idle_session_is_over_although_its_item_is_there() {
    let app = App::start().await;
    let (sessions, clock) = sessions(&app);
    let id = sessions.begin(user(), 0).await.unwrap().id;
    clock.advance(SESSION_IDLE_TIMEOUT.saturating_sub(SECOND));
    assert!(sessions.find(id).await.unwrap().is_some());
    clock.advance(SECOND);
    assert_eq!(sessions.find(id).await.unwrap(), None);
    assert_eq!(app.items().len(), 1);
}

#[tokio::test]
async fn a_session_in_use_lasts_7_days_and_no_longer() {
    let app = App::start().await;
    let (sessions, clock) = sessions(&app);
    let id = sessions.begin(user(), 0).await.unwrap().id;
    let mut age = Duration::ZERO;
    while age + 23 * HOUR < SESSION_LIFETIME {
        clock.advance(23 * HOUR);
        age += 23 * HOUR;
        let session = sessions.find(id).await.unwrap().unwrap_or_else(|| panic!("over after {age:?}"));
        assert!(sessions.touch(&session).await.unwrap());
    }
    clock.advance(SESSION_LIFETIME.saturating_sub(age + SECOND));
    assert!(sessions.find(id).await.unwrap().is_some());
    clock.advance(SECOND);
    assert_eq!(sessions.find(id).await.unwrap(), None);
}

#[tokio::test]
async fn use_is_written_once_an_hour_at_most() {
    let app = App::start().await;
    let (sessions, clock) = sessions(&app);
    let begun = sessions.begin(user(), 0).await.unwrap();
    let before = app.items();
    clock.advance(HOUR.saturating_sub(SECOND));
    assert!(sessions.touch(&begun).await.unwrap());
    assert_eq!(app.items(), before);
    clock.advance(SECOND);
    assert!(sessions.touch(&begun).await.unwrap());
    let touched = sessions.find(begun.id).await.unwrap().unwrap();
    assert_eq!((touched.seen_at, touched.created_at), (clock.now(), begun.created_at));
    let expires_at = clock.now().as_seconds() + i64::try_from(SESSION_IDLE_TIMEOUT.as_secs()).unwrap();
    assert_eq!(app.items()[0]["expiresAt"]["N"], expires_at.to_string());
}

#[tokio::test]
async fn a_session_that_ended_is_not_brought_back_by_late_use() {
    let app = App::start().await;
    let (sessions, clock) = sessions(&app);
    let begun = sessions.begin(user(), 0).await.unwrap();
    clock.advance(2 * HOUR);
    sessions.end(begun.id).await.unwrap();
    assert!(!sessions.touch(&begun).await.unwrap());
    assert_eq!(app.items(), Vec::<Value>::new());
}

#[tokio::test]
async fn a_changed_password_moves_user_address_and_session_to_the_next_epoch_together() {
    let app = App::start().await;
    let (sessions, _) = sessions(&app);
    let (users, user) = (app.users(), app.account("ada@example.com").await);
    let session = sessions.begin(user.id, user.auth_epoch).await.unwrap();
    let hash = PasswordHash::from_phc("$argon2id$another".to_owned());
    let changed =
        users.change_password_in(&session, &user, user.attributes.clone(), hash.clone()).await.unwrap();
    assert_eq!(changed.auth_epoch, 1);
    assert_eq!(users.get_latest(user.id).await.unwrap(), Some(changed.clone()));
    let credential = users.credential(&user.attributes.email).await.unwrap().unwrap();
    assert_eq!((credential.auth_epoch, credential.password_hash), (1, Some(hash)));
    assert_eq!(sessions.find(session.id).await.unwrap().unwrap().epoch, 1);

    // A change of the address takes the epoch along.
    let other = UserAttributes { email: "lovelace@example.com".parse().unwrap(), ..user.attributes.clone() };
    users.replace(&changed, other.clone()).await.unwrap();
    assert_eq!(users.credential(&other.email).await.unwrap().unwrap().auth_epoch, 1);
}

#[tokio::test]
async fn a_session_that_has_just_ended_changes_no_password() {
    let app = App::start().await;
    let (sessions, _) = sessions(&app);
    let (users, user) = (app.users(), app.account("ada@example.com").await);
    let session = sessions.begin(user.id, user.auth_epoch).await.unwrap();
    sessions.end(session.id).await.unwrap();
    let hash = PasswordHash::from_phc("$argon2id$another".to_owned());
    let refused = users.change_password_in(&session, &user, user.attributes.clone(), hash).await;
    assert!(matches!(refused, Err(Error::Stale)), "{refused:?}");
    assert_eq!(users.get_latest(user.id).await.unwrap(), Some(user));
    assert_eq!(sessions.find(session.id).await.unwrap(), None);
}
