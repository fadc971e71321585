use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity, ReturnValue};

use super::Error;
use super::table::{Key, Table, units};
use crate::cost::Cost;
use crate::domain::Timestamp;

/// A request waits no longer than this to be counted, all attempts together: its own work needs the rest of the time.
const COUNT_TIMEOUT: Duration = Duration::from_secs(1);
const ATTEMPTS: u32 = 2;

/// How often something was done in a window of time: an item a window, which DynamoDB removes after its end.
#[derive(Clone, Debug)]
pub struct RateCounters {
    table: Table,
}

impl RateCounters {
    /// The counts in `table`. Its connections are used, its patience is not.
    #[must_use]
    pub fn new(table: &Table) -> Self {
        Self { table: table.within(COUNT_TIMEOUT, ATTEMPTS) }
    }

    /// Counts one more for `key` under `policy` in the window that ends at `end`, and tells how many there are by now.
    ///
    /// One write, in no transaction. One whose answer was lost may count twice.
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
