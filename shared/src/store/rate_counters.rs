use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity, ReturnValue};

use super::Error;
use super::table::{Key, Table, units};
use crate::cost::Cost;
use crate::domain::Timestamp;

/// The timeout of a count, all attempts together, which leaves time for the request's own work.
const COUNT_TIMEOUT: Duration = Duration::from_secs(1);
const ATTEMPTS: u32 = 2;

/// The counters of rate limits: an item for each key and window, which TTL removes after the window's end.
#[derive(Clone, Debug)]
pub struct RateCounters {
    table: Table,
}

impl RateCounters {
    /// Counts in `table`, with a shorter timeout.
    #[must_use]
    pub fn new(table: &Table) -> Self {
        Self { table: table.within(COUNT_TIMEOUT, ATTEMPTS) }
    }

    /// Counts one more for `key` under `policy` in the window that ends at `end`, and returns the count.
    ///
    /// This is one write outside of transactions. If its answer is lost, the retry may count twice.
    pub async fn add(&self, policy: &str, key: &str, end: Timestamp) -> Result<u64, Error> {
        let seconds = end.as_seconds();
        let output = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(Key::new(format!("RATE#{policy}#{key}#{seconds}"), "RATE").into_item()))
            .update_expression("ADD n :one SET expiresAt = :end")
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .expression_attribute_values(":end", AttributeValue::N(seconds.to_string()))
            .return_values(ReturnValue::UpdatedNew)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await?;
        Cost::add(0.0, units(output.consumed_capacity()));
        output
            .attributes()
            .and_then(|attributes| attributes.get("n")?.as_n().ok()?.parse().ok())
            .ok_or_else(|| Error::Internal("the count has no number".into()))
    }
}
