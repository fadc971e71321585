//! Entities. Each describes once everything that the table holds of it; writes and `fsck` are computed from the
//! descriptions.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use serde::Serialize;
use serde_dynamo::aws_sdk_dynamodb_1::{to_attribute_value, to_item};

use super::list::shard_key;
use super::table::{Item, Key, Table, parse, text};
use super::transaction::{Transaction, number};
use super::{Error, Unique};
use crate::domain::Invalid;

/// A thing that has an item of its own.
pub(super) trait Entity: Sized {
    /// Its id, which is in its primary key.
    type Id: Display + FromStr<Err = Invalid>;

    /// The first part of its partition key, and its sort key.
    const KIND: &str;

    /// The first parts of the names of the counters that it can be in.
    #[cfg_attr(not(feature = "check"), expect(dead_code, reason = "only the check of a table reads it"))]
    const COUNTERS: &[&str];

    /// Reads it from its item, or from an index that projects all of its attributes.
    fn read(item: Item) -> Result<Self, Error>;

    /// Describes all that the table holds of it.
    fn describe(&self) -> Result<Description, Error>;

    /// Returns the time at which it expires, in seconds since the Unix epoch. TTL can take days to remove its item.
    fn expires_at(&self) -> Option<i64> {
        None
    }

    /// Returns its primary key.
    fn key(id: &Self::Id) -> Key {
        Key::new(format!("{}#{id}", Self::KIND), Self::KIND)
    }

    /// Returns the id in the item's primary key.
    fn id(item: &Item) -> Result<Self::Id, Error> {
        let id = text(item, "pk").strip_prefix(Self::KIND).and_then(|id| id.strip_prefix('#'));
        parse(id.unwrap_or_default())
    }
}

/// All that the table holds of an entity.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Description {
    /// Its own item.
    pub(super) item: Item,
    /// The items that belong to it.
    pub(super) parts: BTreeMap<Key, Part>,
    /// The counters that it is in.
    pub(super) counted: Vec<Counted>,
}

/// An item that belongs to an entity, whose version guards both.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    pub(super) item: Item,
    /// The value that the item holds: no other entity can have it.
    unique: Option<Unique>,
}

/// A counter, and the amounts that an entity adds to it for as long as it is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) counter: Key,
    pub(super) terms: Vec<Term>,
}

/// One number of a counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) attribute: &'static str,
    pub(super) by: u64,
    /// The quota: adding ends in [`Error::QuotaExceeded`] instead of exceeding it.
    pub(super) quota: Option<u64>,
}

impl Description {
    /// Starts a description with the stored attributes.
    pub(super) fn of(key: Key, attributes: &impl Serialize) -> Result<Self, Error> {
        let mut item: Item = to_item(attributes)?;
        item.extend(key.into_item());
        Ok(Self { item, ..Self::default() })
    }

    /// Adds an attribute that is computed from the others.
    pub(super) fn computed(mut self, name: &str, value: &impl Serialize) -> Result<Self, Error> {
        self.item.insert(name.to_owned(), to_attribute_value(value)?);
        Ok(self)
    }

    /// Adds the keys of an index.
    pub(super) fn indexed(mut self, index: &str, partition: &str, position: &str) -> Self {
        for (name, value) in [("pk", partition), ("sk", position)] {
            self.item.insert(format!("{index}{name}"), AttributeValue::S(value.to_owned()));
        }
        self
    }

    /// Counts the entity in the list `name`; a second call has no effect.
    pub(super) fn counted_in(self, name: &str, shard: u8) -> Self {
        self.counted(shard_key(name, shard), vec![Term { attribute: "n", by: 1, quota: None }])
    }

    /// Counts the entity in any counter; a second call has no effect.
    pub(super) fn counted(mut self, counter: Key, terms: Vec<Term>) -> Self {
        let count = Counted { counter, terms };
        if !self.counted.contains(&count) {
            self.counted.push(count);
        }
        self
    }

    /// Adds an item that holds a unique value.
    pub(super) fn holding(
        mut self,
        unique: Unique,
        key: Key,
        attributes: &impl Serialize,
    ) -> Result<Self, Error> {
        let Self { item, .. } = Self::of(key.clone(), attributes)?;
        self.parts.insert(key, Part { item, unique: Some(unique) });
        Ok(self)
    }

    /// Adds items that belong to it.
    pub(super) fn with(mut self, items: impl IntoIterator<Item = Item>) -> Self {
        self.parts.extend(items.into_iter().map(|item| (Key::of(&item), Part { item, unique: None })));
        self
    }
}

impl Transaction {
    /// Writes the difference between `before` and `after`: creates the entity if there is none before, deletes it if there
    /// is none after.
    ///
    /// Ends in [`Error::Stale`] if the stored entity is not of the version of `before`, and in [`Error::Taken`] if another
    /// one holds a unique value.
    pub(super) fn change(
        mut self,
        table: &Table,
        before: Option<&Description>,
        after: Option<&Description>,
    ) -> Result<Self, Error> {
        self = match (before, after) {
            (None, None) => return Ok(self),
            (None, Some(after)) => self.create(table, after.item.clone(), Error::Stale)?,
            (Some(before), Some(after)) => self.replace(table, after.item.clone(), version(before)?)?,
            (Some(before), None) => self.delete(table, Key::of(&before.item), version(before)?)?,
        };
        let nothing = Description::default();
        let (before, after) = (before.unwrap_or(&nothing), after.unwrap_or(&nothing));
        for (key, part) in &after.parts {
            self = match (before.parts.get(key), part.unique) {
                (Some(same), _) if same == part => self,
                (None, Some(unique)) => self.create(table, part.item.clone(), Error::Taken(unique))?,
                _ => self.put(table, part.item.clone())?,
            };
        }
        for key in before.parts.keys().filter(|key| !after.parts.contains_key(key)) {
            self = self.release(table, key.clone())?;
        }
        for left in before.counted.iter().filter(|counted| !after.counted.contains(counted)) {
            self = self.count(table, left, -1)?;
        }
        for entered in after.counted.iter().filter(|counted| !before.counted.contains(counted)) {
            self = self.count(table, entered, 1)?;
        }
        Ok(self)
    }

    /// Adds to a counter, or subtracts if the `sign` is -1.
    fn count(self, table: &Table, counted: &Counted, sign: i128) -> Result<Self, Error> {
        let mut update =
            Update::builder().table_name(&table.name).set_key(Some(counted.counter.clone().into_item()));
        let (mut sums, mut conditions) = (Vec::new(), Vec::new());
        for (n, Term { attribute, by, quota }) in counted.terms.iter().enumerate() {
            let by = i128::from(*by);
            sums.push(format!("{attribute} :by{n}"));
            update = update.expression_attribute_values(format!(":by{n}"), number(sign * by));
            if let (1, Some(quota)) = (sign, quota) {
                conditions.push(format!("(attribute_not_exists({attribute}) OR {attribute} <= :room{n})"));
                let room = i128::from(*quota) - by;
                update = update.expression_attribute_values(format!(":room{n}"), number(room));
            }
        }
        let update = update
            .update_expression(format!("ADD {}", sums.join(", ")))
            .set_condition_expression(Some(conditions.join(" AND ")).filter(|all| !all.is_empty()))
            .build()?;
        Ok(self.and(TransactWriteItem::builder().update(update).build(), Some(Error::QuotaExceeded)))
    }
}

fn version(entity: &Description) -> Result<u64, Error> {
    let version = entity.item.get("version").and_then(|version| version.as_n().ok()?.parse().ok());
    version.ok_or_else(|| Error::Internal("an entity that changes has no version".into()))
}
