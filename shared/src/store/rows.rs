//! Rows: items of an entity, each with up to one posting for each index. They are in the entity's partition of the table.

use super::Error;
use super::list::{List, Source};
use super::table::{Consistency, Item, Table};
use crate::domain::Order;

/// The indexes that have postings.
pub(super) const INDEXES: [&str; 5] = ["gsi1", "gsi2", "gsi3", "gsi4", "gsi5"];

/// The maximum number of rows of an entity. With the entity, its counter and an `Idempotency-Key` they are the 100 items
/// of a transaction (DynamoDB quotas).
pub(super) const MAX_ROWS: usize = 97;

/// The start of a row's sort key, and of the partitions of postings in the indexes.
pub(super) const PREFIX: &str = "GRAM#";

impl Table {
    /// Returns the items that are the rows of the entity in this partition of the table.
    pub(super) async fn row_items(&self, partition: String) -> Result<Vec<Item>, Error> {
        let source = Source::Table { prefix: PREFIX, consistency: Consistency::Strong };
        self.read_on(&List { source, partition, order: Order::Asc }, None, MAX_ROWS).await
    }
}
