//! The sessions of browsers that signed in with a cookie.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::to_item;
use sha2::{Digest, Sha256};

use super::Error;
use super::table::{Consistency, Key, Table, units};
use super::transaction::Transaction;
use crate::clock::Clock;
use crate::config::{ConfigError, FromEnv};
use crate::cost::Cost;
use crate::domain::{Invalid, Timestamp, UserId};
use crate::random::Random;

/// The longest life of a session.
pub const SESSION_LIFETIME: Duration = Duration::from_hours(7 * 24);

/// The longest time between two requests of a session.
pub const SESSION_IDLE_TIMEOUT: Duration = Duration::from_hours(24);

/// The precision of the time at which a session was last used: requests write at most this often.
const SEEN_PRECISION: Duration = Duration::from_hours(1);

/// The sessions. Each is stored under the hash of its id, so that a reader of the table cannot use a session.
#[derive(Clone, Debug)]
pub struct Sessions {
    table: Table,
    clock: Clock,
    random: Random,
}

/// The id with which a browser continues a session: 256 random bits, sent in base64url.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SessionId([u8; 32]);

/// A session that has neither ended nor expired.
///
/// It is valid while its user exists with the same epoch; a changed password begins a new epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// The id of the session, a secret.
    pub id: SessionId,
    /// The user who signed in.
    pub user: UserId,
    /// The user's epoch at that time.
    pub epoch: u64,
    /// The time of the sign-in.
    pub created_at: Timestamp,
    /// The time of the last use, to the hour.
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
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Begins a session with a new id.
    pub async fn begin(&self, user: UserId, epoch: u64) -> Result<Session, Error> {
        let session = self.new_session(user, epoch);
        let output = self
            .table
            .client
            .put_item()
            .table_name(&self.table.name)
            .set_item(Some(to_item(SessionItem::of(&session))?))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await?;
        Cost::add(0.0, units(output.consumed_capacity()));
        Ok(session)
    }

    /// Begins a session and ends the session `old`, if it exists: both or neither.
    pub async fn begin_instead_of(&self, old: SessionId, user: UserId, epoch: u64) -> Result<Session, Error> {
        let session = self.new_session(user, epoch);
        Transaction::default()
            .put(&self.table, to_item(SessionItem::of(&session))?)?
            .release(&self.table, old.key())?
            .commit(&self.table, &self.random)
            .await?;
        Ok(session)
    }

    fn new_session(&self, user: UserId, epoch: u64) -> Session {
        let now = self.clock.now();
        Session { id: SessionId(self.random.bytes()), user, epoch, created_at: now, seen_at: now }
    }

    /// Returns the session with this id, unless it has ended or expired.
    ///
    /// The read is consistent, so that a session ends at once. Expired items can stay in the table for days.
    pub async fn find(&self, id: SessionId) -> Result<Option<Session>, Error> {
        let item: Option<SessionItem> = self.table.get(id.key(), Consistency::Strong).await?;
        let now = self.clock.now();
        Ok(item.map(|item| item.into_session(id)).filter(|session| session.is_current(now)))
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
            .set_key(Some(session.id.key().into_item()))
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

    /// Ends the session if it exists.
    pub async fn end(&self, id: SessionId) -> Result<(), Error> {
        let output = self
            .table
            .client
            .delete_item()
            .table_name(&self.table.name)
            .set_key(Some(id.key().into_item()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await?;
        Cost::add(0.0, units(output.consumed_capacity()));
        Ok(())
    }
}

impl Transaction {
    /// Moves the session to another epoch of its user, or ends in [`Error::Stale`] if it has ended.
    pub(super) fn carry_over(self, table: &Table, session: &Session, epoch: u64) -> Result<Self, Error> {
        self.overwrite(table, to_item(SessionItem::of(&Session { epoch, ..*session }))?, Error::Stale)
    }
}

impl Session {
    /// Returns the time at which the session ends if it is not used again: after the idle timeout, or at the end of its
    /// life.
    fn expires_at(&self) -> Timestamp {
        after(self.seen_at, SESSION_IDLE_TIMEOUT).min(after(self.created_at, SESSION_LIFETIME))
    }

    fn is_current(&self, now: Timestamp) -> bool {
        now < self.expires_at()
    }
}

impl SessionId {
    /// Returns the id in base64url, 43 characters, as in the cookie. Its bearer acts as the user.
    #[must_use]
    pub fn reveal(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Returns the session's key in the table. A plain hash is enough for a value that cannot be guessed.
    fn key(self) -> Key {
        let name = base16ct::lower::encode_string(&Sha256::digest(self.0));
        Key::new(format!("SESSION#{name}"), "SESSION")
    }
}

impl FromStr for SessionId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let mut id = [0; 32];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut id) {
            Ok(32) => Ok(Self(id)),
            _ => Err(Invalid::new("must be the id of a session")),
        }
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(redacted)")
    }
}

fn after(at: Timestamp, by: Duration) -> Timestamp {
    Timestamp::from_millis(at.as_millis().saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionItem {
    pk: String,
    sk: String,
    user_id: UserId,
    epoch: u64,
    created_at: Timestamp,
    seen_at: Timestamp,
    /// The time of expiry in seconds, for the table's TTL.
    expires_at: i64,
}

impl SessionItem {
    pub(super) fn of(session: &Session) -> Self {
        let Key { pk, sk } = session.id.key();
        Self {
            pk,
            sk,
            user_id: session.user,
            epoch: session.epoch,
            created_at: session.created_at,
            seen_at: session.seen_at,
            expires_at: session.expires_at().as_seconds(),
        }
    }

    pub(super) fn into_session(self, id: SessionId) -> Session {
        let Self { user_id, epoch, created_at, seen_at, .. } = self;
        Session { id, user: user_id, epoch, created_at, seen_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 60 * 60 * 1000;

    fn session(created_at: i64, seen_at: i64) -> Session {
        let random = Random::seeded(1);
        Session {
            id: SessionId(random.bytes()),
            user: UserId::new(Timestamp::from_millis(0), &random),
            epoch: 0,
            created_at: Timestamp::from_millis(created_at),
            seen_at: Timestamp::from_millis(seen_at),
        }
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
    fn an_id_has_one_form_and_every_other_text_is_none() {
        let id = session(0, 0).id;
        let text = id.reveal();
        assert_eq!((text.len(), text.parse::<SessionId>()), (43, Ok(id)));
        for other in [
            "",
            "A",
            &text[1..],
            &format!("{text}A"),
            &format!("{text}="),
            &format!(" {text}"),
            &"A".repeat(100_000),
            &"é".repeat(43),
        ] {
            assert!(other.parse::<SessionId>().is_err(), "{other}");
        }
        // The last letter has two bits that are 0 in every id.
        assert!(format!("{}B", "A".repeat(42)).parse::<SessionId>().is_err());
    }

    #[test]
    fn neither_the_key_nor_the_debug_form_shows_the_id() {
        let session = session(0, 0);
        let shown = format!("{session:?} {:?}", session.id.key());
        assert!(!shown.contains(&session.id.reveal()), "{shown}");
        assert!(session.id.key().pk.starts_with("SESSION#"));
        assert_eq!(session.id.key().pk.len(), "SESSION#".len() + 64);
    }
}
