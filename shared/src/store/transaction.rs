//! Writes that happen together or not at all.

use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Delete, Put, ReturnConsumedCapacity, TransactWriteItem,
};

use super::Error;
use super::table::{Item, Key, Table, units};
use crate::cost::Cost;
use crate::random::Random;
use crate::timing::back_off;

/// The number of attempts at a transaction that conflicts with others.
const ATTEMPTS: u32 = 6;
const FIRST_BACKOFF: Duration = Duration::from_millis(20);
const LONGEST_BACKOFF: Duration = Duration::from_millis(500);

/// The writes of a transaction, each with the error that its failed condition means.
#[derive(Default)]
pub(super) struct Transaction {
    writes: Vec<TransactWriteItem>,
    refusals: Vec<Option<Error>>,
}

impl Transaction {
    /// Writes a new item, or ends in `taken` if its key exists.
    pub(super) fn create(self, table: &Table, item: Item, taken: Error) -> Result<Self, Error> {
        let put = Put::builder()
            .table_name(&table.name)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)");
        Ok(self.and(TransactWriteItem::builder().put(put.build()?).build(), Some(taken)))
    }

    /// Writes an item in place of its `version`, or ends in [`Error::Stale`].
    pub(super) fn replace(self, table: &Table, item: Item, version: u64) -> Result<Self, Error> {
        let put = Put::builder()
            .table_name(&table.name)
            .set_item(Some(item))
            .condition_expression("version = :version")
            .expression_attribute_values(":version", number(version));
        Ok(self.and(TransactWriteItem::builder().put(put.build()?).build(), Some(Error::Stale)))
    }

    /// Writes an item that is guarded by the version of another item in the transaction.
    pub(super) fn put(self, table: &Table, item: Item) -> Result<Self, Error> {
        let put = Put::builder().table_name(&table.name).set_item(Some(item));
        Ok(self.and(TransactWriteItem::builder().put(put.build()?).build(), None))
    }

    /// Removes the item at its `version`, or ends in [`Error::Stale`].
    pub(super) fn delete(self, table: &Table, key: Key, version: u64) -> Result<Self, Error> {
        let delete = Delete::builder()
            .table_name(&table.name)
            .set_key(Some(key.into_item()))
            .condition_expression("version = :version")
            .expression_attribute_values(":version", number(version));
        Ok(self.and(TransactWriteItem::builder().delete(delete.build()?).build(), Some(Error::Stale)))
    }

    /// Removes an item that is guarded by the version of another item in the transaction.
    pub(super) fn release(self, table: &Table, key: Key) -> Result<Self, Error> {
        let delete = Delete::builder().table_name(&table.name).set_key(Some(key.into_item()));
        Ok(self.and(TransactWriteItem::builder().delete(delete.build()?).build(), None))
    }

    pub(super) fn and(mut self, write: TransactWriteItem, refusal: Option<Error>) -> Self {
        self.writes.push(write);
        self.refusals.push(refusal);
        self
    }

    /// Tells whether it writes nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// Carries out all writes, or none and returns the reason.
    ///
    /// Conflicts with other transactions and throttling are retried with full jitter. All attempts have the same token,
    /// so that a transaction whose answer was lost is not carried out twice.
    pub(super) async fn commit(self, table: &Table, random: &Random) -> Result<(), Error> {
        let token = hex(random.bytes::<16>());
        let mut attempt = 1;
        loop {
            let outcome = table
                .client
                .transact_write_items()
                .set_transact_items(Some(self.writes.clone()))
                .client_request_token(&token)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await;
            let error = match outcome {
                Ok(output) => {
                    Cost::add(0.0, output.consumed_capacity().iter().map(|table| units(Some(table))).sum());
                    return Ok(());
                }
                Err(error) => error,
            };
            match cancellation(&error) {
                Some(reasons) if is_transient(reasons) => {
                    if attempt == ATTEMPTS {
                        return Err(Error::Unavailable(error.into()));
                    }
                    back_off(backoff(attempt, random)).await;
                    attempt += 1;
                }
                Some(reasons) => return Err(refusal(reasons, self.refusals).unwrap_or_else(|| error.into())),
                None => return Err(error.into()),
            }
        }
    }
}

fn cancellation<R>(error: &SdkError<TransactWriteItemsError, R>) -> Option<&[CancellationReason]> {
    match error.as_service_error()? {
        TransactWriteItemsError::TransactionCanceledException(canceled) => {
            Some(canceled.cancellation_reasons())
        }
        _ => None,
    }
}

/// Returns true if a conflict or throttling took part in the failure. A condition that failed beside it may have been
/// caused by the conflicting transaction, and may have another result afterwards.
fn is_transient(reasons: &[CancellationReason]) -> bool {
    reasons.iter().filter_map(CancellationReason::code).any(|code| {
        matches!(code, "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded")
    })
}

/// Returns the error for the first failed condition.
fn refusal(reasons: &[CancellationReason], refusals: Vec<Option<Error>>) -> Option<Error> {
    reasons
        .iter()
        .zip(refusals)
        .filter(|(reason, _)| reason.code() == Some("ConditionalCheckFailed"))
        .find_map(|(_, refusal)| refusal)
}

/// Returns a random wait up to an exponential bound (full jitter), so that conflicting transactions do not meet again.
fn backoff(attempt: u32, random: &Random) -> Duration {
    let bound = FIRST_BACKOFF.saturating_mul(1 << attempt.min(16)).min(LONGEST_BACKOFF);
    bound.mul_f64(f64::from(u32::from_be_bytes(random.bytes())) / f64::from(u32::MAX))
}

pub(super) fn number(n: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(n.into().to_string())
}

fn hex(bytes: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(bytes))
}
