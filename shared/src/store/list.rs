//! Lists in pages, and how many items they have.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity, Select};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_dynamo::aws_sdk_dynamodb_1::from_item;

use super::Error;
use super::table::{Item, Key, Table, units};
use crate::cost::Cost;
use crate::domain::{Order, Page, Start};

/// Items of one index that share a partition, in the order of their positions: the index's sort keys.
pub(super) struct List {
    pub(super) index: &'static str,
    pub(super) partition: String,
    pub(super) order: Order,
    /// The item's own key, from its position: no position needs to carry more than the sort key.
    pub(super) key: fn(&str) -> Option<Key>,
}

impl Table {
    /// `limit` items of `list` from `start` on, fewer only at its end.
    ///
    /// Indexes are eventually consistent: a write of the last moments may be missing.
    pub(super) async fn page<T: DeserializeOwned>(
        &self,
        list: &List,
        start: &Start,
        limit: u32,
    ) -> Result<Page<T>, Error> {
        let mut after = match start {
            Start::Offset(0) => None,
            Start::Offset(offset) => match self.skip(list, *offset).await? {
                Some(after) => Some(after),
                None => return Ok(Page { items: Vec::new(), next: None }),
            },
            Start::After(position) => Some(list.start_key(position)?),
        };
        // One more than asked for tells whether there is a next page.
        let wanted = limit as usize + 1;
        let mut items: Vec<Item> = Vec::with_capacity(wanted);
        // A query ends at 1 MB, however few items that is.
        loop {
            let query = self.query(list, wanted - items.len()).set_exclusive_start_key(after);
            let output = query.send().await?;
            Cost::add(units(output.consumed_capacity()), 0.0);
            items.extend(output.items.unwrap_or_default());
            after = output.last_evaluated_key;
            if items.len() >= wanted || after.is_none() {
                break;
            }
        }
        let mut next = None;
        if items.len() == wanted {
            items.pop();
            next = items.last().and_then(|item| list.position(item));
        }
        let items = items.into_iter().map(from_item).collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }

    /// How many items are counted under `name`: the sum of its shards.
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

    /// The key of the last of `offset` items, or none where the list ends before.
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

    fn position(&self, item: &Item) -> Option<String> {
        item.get(&format!("{}sk", self.index))?.as_s().ok().cloned()
    }
}

/// The partition of the counter `name`.
pub(super) fn count_key(name: &str) -> String {
    format!("COUNT#{name}")
}

#[derive(Deserialize)]
struct CountShard {
    n: i64,
}
