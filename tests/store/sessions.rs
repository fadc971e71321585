//! The end of sessions, by a clock that the test sets.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use shared::clock::Clock;
use shared::domain::{PasswordHash, SessionId, Timestamp, User, UserAttributes, UserId};
use shared::random::Random;
use shared::store::{
    Error, MAX_SESSIONS, Outbox, RefreshFamilies, SESSION_IDLE_TIMEOUT, SESSION_LIFETIME, SessionToken,
    Sessions,
};
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
async fn a_session_is_found_by_its_token_until_it_ends() {
    let app = App::start().await;
    let (sessions, _) = sessions(&app);
    let begun = sessions.begin(user(), 3, None).await.unwrap();
    assert_eq!(sessions.find(begun.token).await.unwrap(), Some(begun));
    sessions.end(begun.token).await.unwrap();
    assert_eq!(sessions.find(begun.token).await.unwrap(), None);
    sessions.end(begun.token).await.unwrap();
    assert_eq!(app.items(), Vec::<Value>::new());
}

#[tokio::test]
async fn a_token_that_was_changed_finds_nothing_and_ends_nothing() {
    let app = App::start().await;
    let (sessions, _) = sessions(&app);
    let token = sessions.begin(user(), 0, None).await.unwrap().token.reveal();
    for at in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'Q' } else { b'A' };
        let Ok(changed) = String::from_utf8(changed).unwrap().parse::<SessionToken>() else { continue };
        assert_eq!(sessions.find(changed).await.unwrap(), None, "at {at}");
        sessions.end(changed).await.unwrap();
        sessions.begin_instead_of(&[changed], user(), 0, None).await.unwrap();
    }
    assert!(sessions.find(token.parse().unwrap()).await.unwrap().is_some());
}

#[tokio::test]
async fn the_table_does_not_hold_the_secret() {
    let app = App::start().await;
    let (sessions, _) = sessions(&app);
    let token = sessions.begin(user(), 0, None).await.unwrap().token.reveal();
    let items = app.items();
    assert_eq!(items.len(), 1, "{items:?}");
    // The last 32 of 64 bytes.
    assert!(!items[0].to_string().contains(&token[44..]), "{items:?}");
}

#[tokio::test]
async fn a_family_of_tokens_is_no_session_of_a_browser() {
    let app = App::start().await;
    let (sessions, clock) = sessions(&app);
    let ada = app.account("ada@example.com").await;
    let families = RefreshFamilies::new(app.table(), clock, Random::system());
    let family = families.begin(&ada, None).await.unwrap();
    let forged = [&ada.id.into_bytes()[..], &family.id.into_bytes(), &[0; 32]].concat();
    let forged: SessionToken = URL_SAFE_NO_PAD.encode(forged).parse().unwrap();
    assert_eq!(sessions.find(forged).await.unwrap(), None);
    sessions.end(forged).await.unwrap();
    assert!(families.rotate(ada.id, family.id, 0).await.unwrap().is_some());
}

#[tokio::test]
async fn a_user_has_20_sessions_and_one_more_ends_the_oldest() {
    let app = App::start().await;
    let (sessions, clock) = sessions(&app);
    let (ada, other) = (app.account("ada@example.com").await, app.account("bea@example.com").await);
    let families = RefreshFamilies::new(app.table(), clock.clone(), Random::system());
    sessions.begin(other.id, 0, None).await.unwrap();
    let mut begun = Vec::new();
    for n in 0..MAX_SESSIONS + 3 {
        clock.advance(SECOND);
        begun.push(match n % 2 {
            0 => sessions.begin(ada.id, 0, None).await.unwrap().id(),
            _ => families.begin(&ada, None).await.unwrap().id,
        });
    }
    let listed: Vec<SessionId> =
        sessions.list(&ada).await.unwrap().iter().map(|session| session.id).collect();
    begun.reverse();
    assert_eq!(listed, begun[..MAX_SESSIONS]);
    assert_eq!(sessions.list(&other).await.unwrap().len(), 1);
}

#[tokio::test]
async fn sessions_that_are_over_are_not_listed_and_make_room_first() {
    let app = App::start().await;
    let (sessions, clock) = sessions(&app);
    let ada = app.account("ada@example.com").await;
    let oldest = sessions.begin(ada.id, 1, None).await.unwrap().id();
    for _ in 1..MAX_SESSIONS {
        clock.advance(SECOND);
        sessions.begin(ada.id, 0, None).await.unwrap();
    }
    // All but the oldest are of the epoch that has just ended.
    let ada = User { auth_epoch: 1, ..ada };
    let newest = sessions.begin(ada.id, 1, None).await.unwrap().id();
    let listed = sessions.list(&ada).await.unwrap();
    assert_eq!(listed.iter().map(|session| session.id).collect::<Vec<_>>(), [newest, oldest]);
    clock.advance(SESSION_IDLE_TIMEOUT);
    assert_eq!(sessions.list(&ada).await.unwrap(), []);
}

#[tokio::test]
async fn signing_out_everywhere_begins_an_epoch_and_keeps_the_password() {
    let app = App::start().await;
    let (users, ada) = (app.users(), app.account("ada@example.com").await);
    let before = users.credential(&ada.attributes.email).await.unwrap().unwrap();
    let after = users.sign_out_everywhere(&ada).await.unwrap();
    assert_eq!((after.auth_epoch, users.get_latest(ada.id).await.unwrap()), (1, Some(after.clone())));
    let credential = users.credential(&ada.attributes.email).await.unwrap().unwrap();
    assert_eq!((credential.auth_epoch, credential.password_hash), (1, before.password_hash));
    assert!(matches!(users.sign_out_everywhere(&ada).await, Err(Error::Stale)));
    app.expect_whole().await;
}

#[tokio::test]
async fn an_idle_session_is_over_although_its_item_is_there() {
    let app = App::start().await;
    let (sessions, clock) = sessions(&app);
    let token = sessions.begin(user(), 0, None).await.unwrap().token;
    clock.advance(SESSION_IDLE_TIMEOUT.saturating_sub(SECOND));
    assert!(sessions.find(token).await.unwrap().is_some());
    clock.advance(SECOND);
    assert_eq!(sessions.find(token).await.unwrap(), None);
    assert_eq!(app.items().len(), 1);
}

#[tokio::test]
async fn a_session_in_use_lasts_7_days_and_no_longer() {
    let app = App::start().await;
    let (sessions, clock) = sessions(&app);
    let token = sessions.begin(user(), 0, None).await.unwrap().token;
    let mut age = Duration::ZERO;
    while age + 23 * HOUR < SESSION_LIFETIME {
        clock.advance(23 * HOUR);
        age += 23 * HOUR;
        let session = sessions.find(token).await.unwrap().unwrap_or_else(|| panic!("over after {age:?}"));
        assert!(sessions.touch(&session).await.unwrap());
    }
    clock.advance(SESSION_LIFETIME.saturating_sub(age + SECOND));
    assert!(sessions.find(token).await.unwrap().is_some());
    clock.advance(SECOND);
    assert_eq!(sessions.find(token).await.unwrap(), None);
}

#[tokio::test]
async fn use_is_written_once_an_hour_at_most() {
    let app = App::start().await;
    let (sessions, clock) = sessions(&app);
    let begun = sessions.begin(user(), 0, None).await.unwrap();
    let before = app.items();
    clock.advance(HOUR.saturating_sub(SECOND));
    assert!(sessions.touch(&begun).await.unwrap());
    assert_eq!(app.items(), before);
    clock.advance(SECOND);
    assert!(sessions.touch(&begun).await.unwrap());
    let touched = sessions.find(begun.token).await.unwrap().unwrap();
    assert_eq!((touched.seen_at, touched.created_at()), (clock.now(), begun.created_at()));
    let expires_at = clock.now().as_seconds() + i64::try_from(SESSION_IDLE_TIMEOUT.as_secs()).unwrap();
    assert_eq!(app.items()[0]["expiresAt"]["N"], expires_at.to_string());
}

#[tokio::test]
async fn a_session_that_ended_is_not_brought_back_by_late_use() {
    let app = App::start().await;
    let (sessions, clock) = sessions(&app);
    let begun = sessions.begin(user(), 0, None).await.unwrap();
    clock.advance(2 * HOUR);
    sessions.end(begun.token).await.unwrap();
    assert!(!sessions.touch(&begun).await.unwrap());
    assert_eq!(app.items(), Vec::<Value>::new());
}

#[tokio::test]
async fn a_changed_password_moves_user_address_and_session_to_the_next_epoch_together() {
    let app = App::start().await;
    let (sessions, _) = sessions(&app);
    let (users, user) = (app.users(), app.account("ada@example.com").await);
    let session = sessions.begin(user.id, user.auth_epoch, None).await.unwrap();
    let hash = PasswordHash::from_phc("$argon2id$another".to_owned());
    let changed = users
        .change_password_in(&session, &user, (user.attributes.clone(), Outbox::CLOSED), hash.clone())
        .await
        .unwrap();
    assert_eq!(changed.auth_epoch, 1);
    assert_eq!(users.get_latest(user.id).await.unwrap(), Some(changed.clone()));
    let credential = users.credential(&user.attributes.email).await.unwrap().unwrap();
    assert_eq!((credential.auth_epoch, credential.password_hash), (1, Some(hash)));
    assert_eq!(sessions.find(session.token).await.unwrap().unwrap().epoch, 1);

    // A change of the address takes the epoch along.
    let other = UserAttributes { email: "lovelace@example.com".parse().unwrap(), ..user.attributes.clone() };
    users.replace(&changed, other.clone(), Outbox::CLOSED).await.unwrap();
    assert_eq!(users.credential(&other.email).await.unwrap().unwrap().auth_epoch, 1);
}

#[tokio::test]
async fn a_session_that_has_just_ended_changes_no_password() {
    let app = App::start().await;
    let (sessions, _) = sessions(&app);
    let (users, user) = (app.users(), app.account("ada@example.com").await);
    let session = sessions.begin(user.id, user.auth_epoch, None).await.unwrap();
    sessions.end(session.token).await.unwrap();
    let hash = PasswordHash::from_phc("$argon2id$another".to_owned());
    let refused =
        users.change_password_in(&session, &user, (user.attributes.clone(), Outbox::CLOSED), hash).await;
    assert!(matches!(refused, Err(Error::Stale)), "{refused:?}");
    assert_eq!(users.get_latest(user.id).await.unwrap(), Some(user));
    assert_eq!(sessions.find(session.token).await.unwrap(), None);
}
