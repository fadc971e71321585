//! The sessions of browsers that signed in with a cookie, and the list of all sessions of a user.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity, TransactWriteItem, Update};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::Error;
use super::session_items::{SessionItem, session_key};
use super::table::{Consistency, Key, Table, units};
use super::transaction::{Transaction, number};
use crate::clock::Clock;
use crate::config::{ConfigError, FromEnv};
use crate::cost::Cost;
use crate::domain::{Invalid, SessionId, Timestamp, User, UserAgent, UserId};
use crate::random::Random;

/// The longest life of a session.
pub const SESSION_LIFETIME: Duration = Duration::from_hours(7 * 24);

/// The longest time between two requests of a session.
pub const SESSION_IDLE_TIMEOUT: Duration = Duration::from_hours(24);

/// The precision of the time at which a session was last used: requests write at most this often.
const SEEN_PRECISION: Duration = Duration::from_hours(1);

/// The sessions. The table has the hash of a session's secret, so that a reader of the table cannot use a session.
#[derive(Clone, Debug)]
pub struct Sessions {
    table: Table,
    clock: Clock,
    random: Random,
}

/// The value with which a browser continues a session: user, session, and a secret of 256 random bits, in base64url.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SessionToken {
    user: UserId,
    id: SessionId,
    secret: [u8; 32],
}

/// A session that has neither ended nor expired.
///
/// It is valid while its user exists with the same epoch; a changed password begins a new epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// The browser's proof.
    pub token: SessionToken,
    /// The user's epoch at the sign-in.
    pub epoch: u64,
    /// The time of the last use, to the hour.
    pub seen_at: Timestamp,
}

/// A session of either kind, as its user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedSession {
    /// Its public id.
    pub id: SessionId,
    /// True for a browser's, false for a client's with tokens.
    pub has_cookie: bool,
    /// The program that signed in.
    pub user_agent: Option<UserAgent>,
    /// The time of the last use.
    pub seen_at: Timestamp,
}

impl FromEnv for Sessions {
    /// Connects to the table that the environment names.
    fn from_env() -> Result<Self, ConfigError> {
        Ok(Self::new(Table::from_env()?, Clock::system(), Random::system()))
    }
}

impl Sessions {
    /// Uses `table`.
    #[must_use]
    pub fn new(table: Table, clock: Clock, random: Random) -> Self {
        Self { table, clock, random }
    }

    /// Returns the time by the clock of sessions.
    #[cfg(feature = "auth")]
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Begins a session of a browser. If the user has [`MAX_SESSIONS`](super::MAX_SESSIONS), the oldest ends.
    pub async fn begin(
        &self,
        user: UserId,
        epoch: u64,
        user_agent: Option<UserAgent>,
    ) -> Result<Session, Error> {
        self.begin_instead_of(&[], user, epoch, user_agent).await
    }

    /// Does the same and ends the sessions `old` that exist: all of it or nothing.
    pub async fn begin_instead_of(
        &self,
        old: &[SessionToken],
        user: UserId,
        epoch: u64,
        user_agent: Option<UserAgent>,
    ) -> Result<Session, Error> {
        let mut ended = Vec::new();
        for token in old {
            let found = self.find(*token).await?.map(|session| session.token.key());
            ended.extend(found.filter(|key| !ended.contains(key)));
        }
        let now = self.clock.now();
        let id = SessionId::new(now, &self.random);
        let token = SessionToken { user, id, secret: self.random.bytes() };
        let session = Session { token, epoch, seen_at: now };
        self.table.begin_session(user, &session.item(user_agent), ended, (now, &self.random)).await?;
        Ok(session)
    }

    /// Returns the session with this token, unless it has ended or expired.
    ///
    /// The read is consistent, so that a session ends at once. Expired items can stay in the table for days.
    pub async fn find(&self, token: SessionToken) -> Result<Option<Session>, Error> {
        let item: Option<SessionItem> = self.table.get(token.key(), Consistency::Strong).await?;
        let now = self.clock.now();
        // Hashes of random secrets may be compared in any time.
        let item = item.filter(|item| item.secret_hash == Some(token.hash()));
        let session = item.map(|SessionItem { epoch, seen_at, .. }| Session { token, epoch, seen_at });
        Ok(session.filter(|session| session.is_current(now)))
    }

    /// Returns all sessions of the user, the newest first.
    pub async fn list(&self, user: &User) -> Result<Vec<ListedSession>, Error> {
        let items = self.table.valid_sessions(user.id, user.auth_epoch, self.clock.now()).await?;
        let listed = items.into_iter().rev().map(|item| {
            Ok(ListedSession {
                id: item.id()?,
                has_cookie: item.secret_hash.is_some(),
                user_agent: item.user_agent,
                seen_at: item.seen_at,
            })
        });
        listed.collect()
    }

    /// Records that the session is in use, at most once an hour. Returns false if it ended meanwhile.
    pub async fn touch(&self, session: &Session) -> Result<bool, Error> {
        let now = self.clock.now();
        if now < after(session.seen_at, SEEN_PRECISION) {
            return Ok(true);
        }
        let session = Session { seen_at: now, ..*session };
        let outcome = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(session.token.key().into_item()))
            .update_expression("SET seenAt = :seenAt, expiresAt = :expiresAt")
            // A session that has ended is not restored.
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":seenAt", AttributeValue::S(now.to_string()))
            .expression_attribute_values(
                ":expiresAt",
                AttributeValue::N(session.expires_at().as_seconds().to_string()),
            )
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match outcome {
            Ok(output) => {
                Cost::add(0.0, units(output.consumed_capacity()));
                Ok(true)
            }
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(error.into()),
            },
        }
    }

    /// Ends the session with this token, if it exists.
    pub async fn end(&self, token: SessionToken) -> Result<(), Error> {
        self.table.end_session(token.key(), Some(token.hash())).await
    }

    /// Ends a session of the user, of either kind. Returns false if the user has none with this id.
    pub async fn end_listed(&self, user: UserId, id: SessionId) -> Result<bool, Error> {
        let key = session_key(user, id);
        // A condition of the removal would not do: it fails when the SDK repeats a removal whose answer was lost.
        if self.table.item(key.clone(), Consistency::Strong).await?.is_none() {
            return Ok(false);
        }
        self.table.end_session(key, None).await?;
        Ok(true)
    }
}

impl Transaction {
    /// Moves the session to another epoch of its user, or ends in [`Error::Stale`] if it has ended.
    pub(super) fn carry_over(self, table: &Table, session: &Session, epoch: u64) -> Result<Self, Error> {
        let update = Update::builder()
            .table_name(&table.name)
            .set_key(Some(session.token.key().into_item()))
            .update_expression("SET epoch = :epoch")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":epoch", number(epoch));
        let update = TransactWriteItem::builder().update(update.build()?);
        Ok(self.and(update.build(), Some(Error::Stale)))
    }
}

impl Session {
    /// Returns the user who signed in.
    #[must_use]
    pub fn user(&self) -> UserId {
        self.token.user
    }

    /// Returns its public id.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.token.id
    }

    /// Returns the time of the sign-in.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.token.id.created_at()
    }

    fn item(&self, user_agent: Option<UserAgent>) -> SessionItem {
        let Key { pk, sk } = self.token.key();
        SessionItem {
            pk,
            sk,
            epoch: self.epoch,
            user_agent,
            seen_at: self.seen_at,
            expires_at: self.expires_at().as_seconds(),
            secret_hash: Some(self.token.hash()),
            counter: None,
        }
    }

    /// Returns the time at which the session ends if it is not used again: after the idle timeout, or at the end of its
    /// life.
    fn expires_at(&self) -> Timestamp {
        expiry(self.created_at(), self.seen_at)
    }

    fn is_current(&self, now: Timestamp) -> bool {
        now < self.expires_at()
    }
}

impl SessionToken {
    /// Returns the token in base64url, 86 characters, as in the cookie. Its bearer acts as the user.
    #[must_use]
    pub fn reveal(self) -> String {
        URL_SAFE_NO_PAD.encode([&self.user.into_bytes()[..], &self.id.into_bytes(), &self.secret].concat())
    }

    fn key(self) -> Key {
        session_key(self.user, self.id)
    }

    /// Returns the hash of the secret. A plain hash is enough for a value that cannot be guessed.
    fn hash(self) -> String {
        base16ct::lower::encode_string(&Sha256::digest(self.secret))
    }
}

impl FromStr for SessionToken {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let mut token = [0; 64];
        let (Ok(64), Some((user, rest))) =
            (URL_SAFE_NO_PAD.decode_slice(text, &mut token), token.split_first_chunk())
        else {
            return Err(Invalid::new("must be the token of a session"));
        };
        let (Some((id, _)), Some(secret)) = (rest.split_first_chunk(), rest.last_chunk()) else {
            return Err(Invalid::new("must be the token of a session"));
        };
        Ok(Self { user: UserId::from_bytes(*user), id: SessionId::from_bytes(*id), secret: *secret })
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(redacted)")
    }
}

/// Returns the time at which a browser's session ends if it is not used again.
pub(super) fn expiry(created_at: Timestamp, seen_at: Timestamp) -> Timestamp {
    after(seen_at, SESSION_IDLE_TIMEOUT).min(after(created_at, SESSION_LIFETIME))
}

fn after(at: Timestamp, by: Duration) -> Timestamp {
    Timestamp::from_millis(at.as_millis().saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 60 * 60 * 1000;

    fn session(created_at: i64, seen_at: i64) -> Session {
        let random = Random::seeded(1);
        let at = Timestamp::from_millis(created_at);
        let token = SessionToken {
            user: UserId::new(at, &random),
            id: SessionId::new(at, &random),
            secret: random.bytes(),
        };
        Session { token, epoch: 0, seen_at: Timestamp::from_millis(seen_at) }
    }

    #[test]
    fn a_session_ends_24_hours_after_it_was_last_seen() {
        let session = session(0, 3 * HOUR);
        assert!(session.is_current(Timestamp::from_millis(27 * HOUR - 1)));
        assert!(!session.is_current(Timestamp::from_millis(27 * HOUR)));
    }

    #[test]
    fn a_session_ends_7_days_after_it_began_however_much_it_is_used() {
        let session = session(0, 7 * 24 * HOUR - 1);
        assert!(session.is_current(Timestamp::from_millis(7 * 24 * HOUR - 1)));
        assert!(!session.is_current(Timestamp::from_millis(7 * 24 * HOUR)));
    }

    #[test]
    fn a_token_has_one_form_and_every_other_text_is_none() {
        let token = session(0, 0).token;
        let text = token.reveal();
        assert_eq!((text.len(), text.parse::<SessionToken>()), (86, Ok(token)));
        for other in [
            "",
            "A",
            &text[1..],
            &format!("{text}A"),
            &format!("{text}="),
            &format!(" {text}"),
            &"A".repeat(100_000),
            &"é".repeat(86),
        ] {
            assert!(other.parse::<SessionToken>().is_err(), "{other}");
        }
        // The last letter has four bits that are 0 in every token.
        assert!(format!("{}B", "A".repeat(85)).parse::<SessionToken>().is_err());
    }

    #[test]
    fn neither_the_item_nor_the_debug_form_shows_the_secret() {
        let session = session(0, 0);
        let shown = format!("{session:?} {:?}", session.item(None));
        let secret = URL_SAFE_NO_PAD.encode(session.token.secret);
        assert!(!shown.contains(&session.token.reveal()) && !shown.contains(&secret), "{shown}");
        assert!(!shown.contains(&base16ct::lower::encode_string(&session.token.secret)), "{shown}");
    }
}
