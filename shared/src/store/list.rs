//! Lists in pages, and their counters.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity, Select};
use futures_util::future::try_join_all;
use serde::Deserialize;
use serde_dynamo::aws_sdk_dynamodb_1::from_item;

use super::Error;
use super::table::{Consistency, Item, Key, Table, text, units};
use crate::cost::Cost;
use crate::domain::{Order, Page, Start};

/// The maximum number of items of each merged list that are in memory while a merged list is skipped.
const MERGED_AT_ONCE: usize = 500;

/// The sort key of a counter's shard begins with this.
const SHARD: &str = "SHARD#";

/// Shards of a counter: ids have so many classes.
const SHARDS: usize = 16;

/// Items that share a partition, in the order of their positions.
pub(super) struct List {
    pub(super) source: Source,
    pub(super) partition: String,
    pub(super) order: Order,
}

type KeyAt = Box<dyn Fn(&str) -> Option<Key> + Send + Sync>;

/// The place of a list's items.
pub(super) enum Source {
    /// An index; an item's position is its sort key there.
    Index {
        name: &'static str,
        /// Returns an item's own key from its position: no position needs to carry more than the sort key.
        key: KeyAt,
    },
    /// The table itself: the items of a partition whose sort keys begin with `prefix`; the rest of the sort key is an
    /// item's position.
    Table { prefix: &'static str, consistency: Consistency },
}

impl Table {
    /// Returns `limit` items of `list` from `start` on, as `read` reads them; fewer only at its end.
    ///
    /// Indexes are eventually consistent: a recent write may be missing.
    pub(super) async fn page<T>(
        &self,
        list: &List,
        start: &Start,
        limit: u32,
        read: fn(Item) -> Result<T, Error>,
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
        page_of(items, &list.source, limit, read)
    }

    /// Does the same for several `lists` of one index as if they were one. No position may occur in two of them.
    ///
    /// A position is valid in all of the lists. Each list is read as if it were alone, so the page costs the sum.
    pub(super) async fn merged_page<T>(
        &self,
        lists: &[List],
        start: &Start,
        limit: u32,
        read: fn(Item) -> Result<T, Error>,
    ) -> Result<Page<T>, Error> {
        let Some(List { source, .. }) = lists.first() else {
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
            after = items.last().and_then(|item| source.position(item));
            left -= skipped;
        }
        let items = self.merge(lists, after.as_deref(), wanted(limit)).await?;
        page_of(items, source, limit, read)
    }

    /// Returns `wanted` items of all `lists` together; fewer only at their end.
    async fn merge(&self, lists: &[List], after: Option<&str>, wanted: usize) -> Result<Vec<Item>, Error> {
        let reads = lists.iter().map(|list| async move {
            let start_key = after.map(|position| list.start_key(position)).transpose()?;
            self.read_on(list, start_key, wanted).await
        });
        let mut items = try_join_all(reads).await?.concat();
        if let Some(List { source, order, .. }) = lists.first() {
            items.sort_by_cached_key(|item| source.position(item));
            if *order == Order::Desc {
                items.reverse();
            }
        }
        items.truncate(wanted);
        Ok(items)
    }

    /// Returns `wanted` items of `list` after the key `after`; fewer only at its end.
    pub(super) async fn read_on(
        &self,
        list: &List,
        mut after: Option<Item>,
        wanted: usize,
    ) -> Result<Vec<Item>, Error> {
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
        let source = Source::Table { prefix: SHARD, consistency: Consistency::Eventual };
        let list = List { source, partition: count_key(name), order: Order::Asc };
        let items = self.read_on(&list, None, SHARDS).await?;
        let shards: Vec<CountShard> = items.into_iter().map(from_item).collect::<Result<_, _>>()?;
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
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .expression_attribute_values(":pk", AttributeValue::S(list.partition.clone()))
            .scan_index_forward(list.order == Order::Asc)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        match list.source {
            Source::Index { name, .. } => {
                query.index_name(name).key_condition_expression(format!("{name}pk = :pk"))
            }
            Source::Table { prefix, consistency } => query
                .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
                .consistent_read(consistency == Consistency::Strong),
        }
    }
}

impl List {
    fn start_key(&self, position: &str) -> Result<Item, Error> {
        match &self.source {
            Source::Index { name, key } => {
                let key =
                    key(position).ok_or_else(|| Error::Internal("the position is of another list".into()))?;
                let mut item = key.into_item();
                item.insert(format!("{name}pk"), AttributeValue::S(self.partition.clone()));
                item.insert(format!("{name}sk"), AttributeValue::S(position.to_owned()));
                Ok(item)
            }
            Source::Table { prefix, .. } => {
                Ok(Key::new(self.partition.clone(), &format!("{prefix}{position}")).into_item())
            }
        }
    }
}

impl Source {
    fn position(&self, item: &Item) -> Option<String> {
        match self {
            Self::Index { name, .. } => item.get(&format!("{name}sk"))?.as_s().ok().cloned(),
            Self::Table { prefix, .. } => text(item, "sk").strip_prefix(prefix).map(str::to_owned),
        }
    }
}

/// Returns the number of items to read for a page of `limit`.
fn wanted(limit: u32) -> usize {
    // One more item shows whether there is a next page.
    limit as usize + 1
}

fn page_of<T>(
    mut items: Vec<Item>,
    source: &Source,
    limit: u32,
    read: fn(Item) -> Result<T, Error>,
) -> Result<Page<T>, Error> {
    let mut next = None;
    if items.len() == wanted(limit) {
        items.pop();
        next = items.last().and_then(|item| source.position(item));
    }
    let items = items.into_iter().map(read).collect::<Result<_, _>>()?;
    Ok(Page { items, next })
}

/// Returns the partition of the counter `name`.
pub(super) fn count_key(name: &str) -> String {
    format!("COUNT#{name}")
}

/// Returns the shard of the counter `name` that counts the entities of this class.
pub(super) fn shard_key(name: &str, shard: u8) -> Key {
    Key::new(count_key(name), &format!("{SHARD}{shard:02}"))
}

#[derive(Deserialize)]
struct CountShard {
    n: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(source: Source) -> List {
        List { source, partition: "POST#1".to_owned(), order: Order::Desc }
    }

    /// A page ends at an item; the next one starts from its position.
    fn start_after(list: &List, item: &Item) -> Item {
        list.start_key(&list.source.position(item).unwrap()).unwrap()
    }

    #[test]
    fn a_list_of_the_table_starts_again_after_any_item() {
        let list = list(Source::Table { prefix: "COMMENT#", consistency: Consistency::Eventual });
        let key = Key::new("POST#1".to_owned(), "COMMENT#7").into_item();
        let mut item = key.clone();
        item.insert("text".to_owned(), AttributeValue::S("First!".to_owned()));
        assert_eq!(list.source.position(&item).as_deref(), Some("7"));
        assert_eq!(start_after(&list, &item), key);
        let other = Key::new("POST#1".to_owned(), "POST").into_item();
        assert_eq!(list.source.position(&other), None);
    }

    #[test]
    fn a_list_of_an_index_can_have_the_parent_in_its_items_keys() {
        let parent = "POST#1".to_owned();
        let key = move |position: &str| Some(Key::new(parent.clone(), &format!("COMMENT#{position}")));
        let list = list(Source::Index { name: "gsi1", key: Box::new(key) });
        let mut item = Key::new("POST#1".to_owned(), "COMMENT#7").into_item();
        item.insert("gsi1pk".to_owned(), AttributeValue::S("POST#1".to_owned()));
        item.insert("gsi1sk".to_owned(), AttributeValue::S("7".to_owned()));
        assert_eq!(start_after(&list, &item), item);
    }
}
