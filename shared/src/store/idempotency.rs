//! Requests that have their effect once, however often they are sent.
//!
//! The item of an attempt is written in the transaction of its effect, so that there is never one without the other,
//! and holds what can not be computed again: the id of what was made, and when. An effect of several transactions, as an
//! upload has, is started by the first and finished by the last; a repetition in between goes on with the same id.

use std::fmt::Display;
use std::time::Duration;

use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};
use base16ct::lower::encode_string;
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::to_item;
use sha2::{Digest, Sha256};

use super::Error;
use super::table::{Consistency, Key, Table};
use super::transaction::{Transaction, number};
use crate::domain::{IdempotencyKey, Timestamp};
use crate::random::Random;

/// How long a key is remembered.
pub const IDEMPOTENCY_KEY_LIFETIME: Duration = Duration::from_hours(24);

/// A request that must have its effect once: who sent it, for what, under which key, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub(super) pk: String,
    pub(super) fingerprint: String,
}

impl Attempt {
    /// The attempt of `principal` at `operation` under `key`, with a body of this SHA-256.
    ///
    /// Keys of other principals or operations are other keys.
    #[must_use]
    pub fn new(
        operation: &str,
        principal: &impl Display,
        key: &IdempotencyKey,
        fingerprint: &[u8; 32],
    ) -> Self {
        // A plain hash gives the item's key one length; neither part has a line end.
        let name = Sha256::digest(format!("{principal}\n{}", key.as_str()));
        Self {
            pk: format!("IDEM#{operation}#{}", encode_string(&name)),
            fingerprint: encode_string(fingerprint),
        }
    }

    fn key(&self) -> Key {
        Key::new(self.pk.clone(), "IDEM")
    }
}

/// What a request made, now or when it came first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made<T> {
    /// By this request.
    Now(T),
    /// By an earlier one with the same key, as it was then.
    Before(T),
}

impl<T> Made<T> {
    /// What was made, and whether that was before.
    pub fn into_parts(self) -> (T, bool) {
        match self {
            Self::Now(made) => (made, false),
            Self::Before(made) => (made, true),
        }
    }
}

/// What an attempt made first.
pub(super) struct First<I> {
    pub(super) id: I,
    pub(super) at: Timestamp,
    /// Whether it was [started](Transaction::start), and has not been [finished](Transaction::finish).
    pub(super) is_started: bool,
}

impl Transaction {
    /// Begins a transaction that makes the entity `id`, once: remembers it under the key of `attempt`, if there is one.
    ///
    /// It comes first, so that a repetition is known as one, not as a conflict with what it made itself.
    pub(super) fn once(
        table: &Table,
        attempt: Option<&Attempt>,
        id: impl Display,
        at: Timestamp,
    ) -> Result<Self, Error> {
        Self::remember(table, attempt.map(|attempt| AttemptItem::of(attempt, id.to_string(), at)), at)
    }

    /// The same for an entity that is not made by this transaction alone.
    pub(super) fn start(
        table: &Table,
        attempt: Option<&Attempt>,
        id: impl Display,
        at: Timestamp,
    ) -> Result<Self, Error> {
        let item = attempt
            .map(|attempt| AttemptItem { started: true, ..AttemptItem::of(attempt, id.to_string(), at) });
        Self::remember(table, item, at)
    }

    /// Ends what [`start`](Self::start) began.
    pub(super) fn finish(self, table: &Table, attempt: Option<&Attempt>) -> Result<Self, Error> {
        let Some(attempt) = attempt else { return Ok(self) };
        let update = Update::builder()
            .table_name(&table.name)
            .set_key(Some(attempt.key().into_item()))
            .update_expression("REMOVE started");
        Ok(self.and(TransactWriteItem::builder().update(update.build()?).build(), None))
    }

    fn remember(table: &Table, item: Option<AttemptItem>, at: Timestamp) -> Result<Self, Error> {
        let Some(item) = item else { return Ok(Self::default()) };
        let put = Put::builder()
            .table_name(&table.name)
            .set_item(Some(to_item(item)?))
            // Expired items can be in the table for days.
            .condition_expression("attribute_not_exists(pk) OR expiresAt <= :now")
            .expression_attribute_values(":now", number(at.as_seconds()));
        Ok(Self::default().and(TransactWriteItem::builder().put(put.build()?).build(), Some(Error::Repeated)))
    }

    /// Commits, or finds what `attempt` made before: `None` where it was made now.
    pub(super) async fn commit_once<I: std::str::FromStr>(
        self,
        table: &Table,
        random: &Random,
        attempt: Option<&Attempt>,
    ) -> Result<Option<First<I>>, Error> {
        match (self.commit(table, random).await, attempt) {
            (Err(Error::Repeated), Some(attempt)) => table.first(attempt).await.map(Some),
            (outcome, _) => outcome.map(|()| None),
        }
    }
}

impl Table {
    /// Whether `attempt` is a repetition.
    pub(super) async fn knows(&self, attempt: &Attempt, now: Timestamp) -> Result<bool, Error> {
        let item: Option<AttemptItem> = self.get(attempt.key(), Consistency::Strong).await?;
        Ok(item.is_some_and(|item| now.as_seconds() < item.expires_at))
    }

    /// What `attempt`, which is known to be a repetition, made first; [`Error::KeyReused`] where that said something else.
    async fn first<I: std::str::FromStr>(&self, attempt: &Attempt) -> Result<First<I>, Error> {
        // Gone only where it expired in between: then the request is a new one, and its client tries again.
        let item: AttemptItem = self.get(attempt.key(), Consistency::Strong).await?.ok_or(Error::Stale)?;
        if item.fingerprint != attempt.fingerprint {
            return Err(Error::KeyReused);
        }
        let id = item.made.parse().map_err(|_| Error::Internal("the attempt made no such id".into()))?;
        Ok(First { id, at: item.made_at, is_started: item.started })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AttemptItem {
    pub(super) pk: String,
    sk: String,
    /// SHA-256 of what the request said.
    pub(super) fingerprint: String,
    pub(super) made: String,
    pub(super) made_at: Timestamp,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    started: bool,
    /// For the table's TTL, in seconds.
    expires_at: i64,
}

impl AttemptItem {
    pub(super) fn of(attempt: &Attempt, made: String, at: Timestamp) -> Self {
        let Key { pk, sk } = attempt.key();
        let lifetime = i64::try_from(IDEMPOTENCY_KEY_LIFETIME.as_secs()).unwrap_or(i64::MAX);
        let fingerprint = attempt.fingerprint.clone();
        Self {
            pk,
            sk,
            fingerprint,
            made,
            made_at: at,
            started: false,
            expires_at: at.as_seconds() + lifetime,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pk(operation: &str, principal: &str, key: &str) -> String {
        Attempt::new(operation, &principal, &key.parse().unwrap(), &[0; 32]).pk
    }

    #[test]
    fn a_key_is_bound_to_its_principal_and_operation() {
        let names = [
            pk("posts", "ada", "1"),
            pk("posts", "bob", "1"),
            pk("posts", "ada", "2"),
            pk("problems", "ada", "1"),
            pk("posts", "ada1", "1"),
            pk("posts", "ada", "11"),
        ];
        for (n, name) in names.iter().enumerate() {
            assert!(!names[n + 1..].contains(name), "{name}");
        }
        assert_eq!(pk("posts", "ada", "1"), names[0]);
        assert_eq!(names[0].len(), "IDEM#posts#".len() + 64);
    }
}
