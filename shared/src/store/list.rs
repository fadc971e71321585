//! Lists in pages, and their counters.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity, Select};
use futures_util::future::try_join_all;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_dynamo::aws_sdk_dynamodb_1::from_item;

use super::Error;
use super::table::{Item, Key, Table, units};
use crate::cost::Cost;
use crate::domain::{Order, Page, Start};

/// The maximum number of items of each merged list that are in memory while a merged list is skipped.
const MERGED_AT_ONCE: usize = 500;

/// The items of an index that share a partition, in the order of their positions, which are the index's sort keys.
pub(super) struct List {
    pub(super) index: &'static str,
    pub(super) partition: String,
    pub(super) order: Order,
    /// The function that returns an item's key from its position, so that a position is no more than the sort key.
    pub(super) key: fn(&str) -> Option<Key>,
}

impl Table {
    /// Returns `limit` items of `list` from `start` on; fewer only at its end.
    ///
    /// Indexes are eventually consistent: a recent write may be missing.
    pub(super) async fn page<T: DeserializeOwned>(
        &self,
        list: &List,
        start: &Start,
        limit: u32,
    ) -> Result<Page<T>, Error> {
        let after = match start {
            Start::Offset(0) => None,
            Start::Offset(offset) => match self.skip(list, *offset).await? {
                Some(after) => Some(after),
                None => return Ok(Page { items: Vec::new(), next: None }),
            },
            Start::After(position) => Some(list.start_key(position)?),
        };
        let items = self.read_on(list, after, wanted(limit)).await?;
        page_of(items, list.index, limit)
    }

    /// Does the same for several `lists` of one index as if they were one. No position may occur in two of them.
    ///
    /// A position is valid in all of the lists. Each list is read as if it were alone, so the page costs the sum.
    pub(super) async fn merged_page<T: DeserializeOwned>(
        &self,
        lists: &[List],
        start: &Start,
        limit: u32,
    ) -> Result<Page<T>, Error> {
        let Some(List { index, .. }) = lists.first() else {
            return Ok(Page { items: Vec::new(), next: None });
        };
        let (mut after, mut left) = match start {
            Start::Offset(offset) => (None, *offset as usize),
            Start::After(position) => (Some(position.clone()), 0),
        };
        // The order of the merged list depends on all items, so the skipped ones are read, a part at a time.
        while left > 0 {
            let skipped = left.min(MERGED_AT_ONCE);
            let items = self.merge(lists, after.as_deref(), skipped).await?;
            if items.len() < skipped {
                return Ok(Page { items: Vec::new(), next: None });
            }
            after = items.last().and_then(|item| position(item, index));
            left -= skipped;
        }
        let items = self.merge(lists, after.as_deref(), wanted(limit)).await?;
        page_of(items, index, limit)
    }

    /// Returns `wanted` items of all `lists` together; fewer only at their end.
    async fn merge(&self, lists: &[List], after: Option<&str>, wanted: usize) -> Result<Vec<Item>, Error> {
        let reads = lists.iter().map(|list| async move {
            let start_key = after.map(|position| list.start_key(position)).transpose()?;
            self.read_on(list, start_key, wanted).await
        });
        let mut items = try_join_all(reads).await?.concat();
        if let Some(List { index, order, .. }) = lists.first() {
            items.sort_by_cached_key(|item| position(item, index));
            if *order == Order::Desc {
                items.reverse();
            }
        }
        items.truncate(wanted);
        Ok(items)
    }

    /// Returns `wanted` items of `list` after the key `after`; fewer only at its end.
    async fn read_on(&self, list: &List, mut after: Option<Item>, wanted: usize) -> Result<Vec<Item>, Error> {
        let mut items: Vec<Item> = Vec::with_capacity(wanted);
        // A query ends at 1 MB, even with fewer items.
        loop {
            let query = self.query(list, wanted - items.len()).set_exclusive_start_key(after);
            let output = query.send().await?;
            Cost::add(units(output.consumed_capacity()), 0.0);
            items.extend(output.items.unwrap_or_default());
            after = output.last_evaluated_key;
            if items.len() >= wanted || after.is_none() {
                return Ok(items);
            }
        }
    }

    /// Returns the counter `name`, which is the sum of its shards.
    pub(super) async fn count(&self, name: &str) -> Result<u64, Error> {
        let output = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(count_key(name)))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await?;
        Cost::add(units(output.consumed_capacity()), 0.0);
        let shards: Vec<CountShard> =
            output.items.unwrap_or_default().into_iter().map(from_item).collect::<Result<_, _>>()?;
        Ok(u64::try_from(shards.iter().map(|shard| shard.n).sum::<i64>()).unwrap_or(0))
    }

    /// Returns the key of the last of `offset` items, or `None` if the list is shorter.
    async fn skip(&self, list: &List, offset: u32) -> Result<Option<Item>, Error> {
        let mut left = offset as usize;
        let mut after = None;
        while left > 0 {
            let query = self.query(list, left).select(Select::Count).set_exclusive_start_key(after);
            let output = query.send().await?;
            Cost::add(units(output.consumed_capacity()), 0.0);
            left = left.saturating_sub(usize::try_from(output.count).unwrap_or(0));
            after = output.last_evaluated_key;
            if after.is_none() {
                return Ok(None);
            }
        }
        Ok(after)
    }

    fn query(
        &self,
        list: &List,
        limit: usize,
    ) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.name)
            .index_name(list.index)
            .key_condition_expression(format!("{}pk = :pk", list.index))
            .expression_attribute_values(":pk", AttributeValue::S(list.partition.clone()))
            .scan_index_forward(list.order == Order::Asc)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
    }
}

impl List {
    fn start_key(&self, position: &str) -> Result<Item, Error> {
        let key =
            (self.key)(position).ok_or_else(|| Error::Internal("the position is of another list".into()))?;
        let mut item = key.into_item();
        item.insert(format!("{}pk", self.index), AttributeValue::S(self.partition.clone()));
        item.insert(format!("{}sk", self.index), AttributeValue::S(position.to_owned()));
        Ok(item)
    }
}

/// Returns the number of items to read for a page of `limit`.
fn wanted(limit: u32) -> usize {
    // One more item shows whether there is a next page.
    limit as usize + 1
}

fn page_of<T: DeserializeOwned>(mut items: Vec<Item>, index: &str, limit: u32) -> Result<Page<T>, Error> {
    let mut next = None;
    if items.len() == wanted(limit) {
        items.pop();
        next = items.last().and_then(|item| position(item, index));
    }
    let items = items.into_iter().map(from_item).collect::<Result<_, _>>()?;
    Ok(Page { items, next })
}

fn position(item: &Item, index: &str) -> Option<String> {
    item.get(&format!("{index}sk"))?.as_s().ok().cloned()
}

/// Returns the partition of the counter `name`.
pub(super) fn count_key(name: &str) -> String {
    format!("COUNT#{name}")
}

/// Returns the shard of the counter `name` that counts the entities of this class.
pub(super) fn shard_key(name: &str, shard: u8) -> Key {
    Key::new(count_key(name), &format!("SHARD#{shard:02}"))
}

#[derive(Deserialize)]
struct CountShard {
    n: i64,
}
