//! Requests that have their effect once, however often they are sent.
//!
//! The record is written in the transaction of the effect, so neither exists without the other. Its item holds what
//! cannot be computed again: the id of the created entity, and the time. An effect of several transactions, such as an
//! upload, is started by the first and finished by the last; a repetition in between continues with the same id.

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

/// The time for which a key is remembered.
pub const IDEMPOTENCY_KEY_LIFETIME: Duration = Duration::from_hours(24);

/// The record of a request with an `Idempotency-Key`: its operation, its principal, its key and its fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyRecord {
    pub(super) pk: String,
    pub(super) fingerprint: String,
}

impl IdempotencyRecord {
    /// Returns the record of `operation` by `principal` under `key`. `fingerprint` is the SHA-256 of the body.
    ///
    /// A key of another principal or operation is a different key.
    #[must_use]
    pub fn new(
        operation: &str,
        principal: &impl Display,
        key: &IdempotencyKey,
        fingerprint: &[u8; 32],
    ) -> Self {
        // The hash gives the item's key a fixed length. Neither part contains a line end.
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

/// The entity that a request created, now or earlier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made<T> {
    /// This request created it.
    New(T),
    /// An earlier request with the same key created it; this is the entity as it was then.
    Replayed(T),
}

impl<T> Made<T> {
    /// Returns the entity, and true if it is a replay.
    pub fn into_parts(self) -> (T, bool) {
        match self {
            Self::New(made) => (made, false),
            Self::Replayed(made) => (made, true),
        }
    }
}

/// The effect of the first request under a key.
pub(super) struct First<I> {
    pub(super) id: I,
    pub(super) at: Timestamp,
    /// True if it was [started](Transaction::start), and has not been [finished](Transaction::finish).
    pub(super) is_started: bool,
}

impl Transaction {
    /// Begins a transaction that creates the entity `id` once, with `record` if there is one.
    ///
    /// The record is the first item, so that a repetition is recognised as such and not as a conflict with its own
    /// entity.
    pub(super) fn once(
        table: &Table,
        record: Option<&IdempotencyRecord>,
        id: impl Display,
        at: Timestamp,
    ) -> Result<Self, Error> {
        Self::remember(table, record.map(|record| IdempotencyItem::of(record, id.to_string(), at)), at)
    }

    /// Does the same for an entity that needs further transactions.
    pub(super) fn start(
        table: &Table,
        record: Option<&IdempotencyRecord>,
        id: impl Display,
        at: Timestamp,
    ) -> Result<Self, Error> {
        let item = record.map(|record| IdempotencyItem {
            started: true,
            ..IdempotencyItem::of(record, id.to_string(), at)
        });
        Self::remember(table, item, at)
    }

    /// Finishes an effect that [`start`](Self::start) began.
    pub(super) fn finish(self, table: &Table, record: Option<&IdempotencyRecord>) -> Result<Self, Error> {
        let Some(record) = record else { return Ok(self) };
        let update = Update::builder()
            .table_name(&table.name)
            .set_key(Some(record.key().into_item()))
            .update_expression("REMOVE started");
        Ok(self.and(TransactWriteItem::builder().update(update.build()?).build(), None))
    }

    fn remember(table: &Table, item: Option<IdempotencyItem>, at: Timestamp) -> Result<Self, Error> {
        let Some(item) = item else { return Ok(Self::default()) };
        let put = Put::builder()
            .table_name(&table.name)
            .set_item(Some(to_item(item)?))
            // Expired items can stay in the table for days.
            .condition_expression("attribute_not_exists(pk) OR expiresAt <= :now")
            .expression_attribute_values(":now", number(at.as_seconds()));
        Ok(Self::default().and(TransactWriteItem::builder().put(put.build()?).build(), Some(Error::Repeated)))
    }

    /// Commits, or returns the effect of an earlier request with this `record`: `None` if this is the first.
    pub(super) async fn commit_once<I: std::str::FromStr>(
        self,
        table: &Table,
        random: &Random,
        record: Option<&IdempotencyRecord>,
    ) -> Result<Option<First<I>>, Error> {
        match (self.commit(table, random).await, record) {
            (Err(Error::Repeated), Some(record)) => table.first(record).await.map(Some),
            (outcome, _) => outcome.map(|()| None),
        }
    }
}

impl Table {
    /// Returns true if an earlier request left this `record`.
    pub(super) async fn knows(&self, record: &IdempotencyRecord, now: Timestamp) -> Result<bool, Error> {
        let item: Option<IdempotencyItem> = self.get(record.key(), Consistency::Strong).await?;
        Ok(item.is_some_and(|item| now.as_seconds() < item.expires_at))
    }

    /// Returns the effect of an earlier request with this `record`, or [`Error::KeyReused`] if that request had another
    /// content.
    async fn first<I: std::str::FromStr>(&self, record: &IdempotencyRecord) -> Result<First<I>, Error> {
        // The item is missing only if it expired in between. The request is then a new one, and its client retries.
        let item: IdempotencyItem = self.get(record.key(), Consistency::Strong).await?.ok_or(Error::Stale)?;
        if item.fingerprint != record.fingerprint {
            return Err(Error::KeyReused);
        }
        let id = item.made.parse().map_err(|_| Error::Internal("the record made no such id".into()))?;
        Ok(First { id, at: item.made_at, is_started: item.started })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct IdempotencyItem {
    pub(super) pk: String,
    sk: String,
    /// SHA-256 of the content of the request.
    pub(super) fingerprint: String,
    pub(super) made: String,
    pub(super) made_at: Timestamp,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    started: bool,
    /// The time of expiry in seconds, for the table's TTL.
    expires_at: i64,
}

impl IdempotencyItem {
    pub(super) fn of(record: &IdempotencyRecord, made: String, at: Timestamp) -> Self {
        let Key { pk, sk } = record.key();
        let lifetime = i64::try_from(IDEMPOTENCY_KEY_LIFETIME.as_secs()).unwrap_or(i64::MAX);
        let fingerprint = record.fingerprint.clone();
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
        IdempotencyRecord::new(operation, &principal, &key.parse().unwrap(), &[0; 32]).pk
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
