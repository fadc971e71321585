//! Repairs: transactions that have no effect if an item has changed since it was read.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, TransactWriteItem, Update};

use super::damage::Code;
use crate::store::error::Error;
use crate::store::table::{Item, Key, Table};
use crate::store::transaction::{Transaction, number};

/// A damaged item, as far as the second look can tell.
pub(super) struct Suspect {
    pub(super) code: Code,
    pub(super) key: Key,
    pub(super) detail: String,
    /// The transaction that repairs it, or the reason why it cannot be repaired.
    pub(super) mend: Result<Transaction, &'static str>,
}

/// Tells whether an attribute can be computed again, so that its repair loses nothing.
fn is_computed(name: &str) -> bool {
    name.starts_with("gsi") || ["excerpt", "expiresAt"].contains(&name)
}

/// Gives the attributes `names` of the item `found` the values that they have in `expected`.
pub(super) fn correct(
    table: &Table,
    key: &Key,
    names: &BTreeSet<String>,
    (expected, found): (&Item, &Item),
) -> Result<Result<Transaction, &'static str>, Error> {
    if !names.iter().all(|name| is_computed(name)) {
        return Ok(Err("it cannot be computed completely from other items"));
    }
    let (mut set, mut remove, mut conditions) =
        (Vec::new(), Vec::new(), vec!["attribute_exists(pk)".to_owned()]);
    let (mut aliases, mut values) = (HashMap::new(), HashMap::new());
    for (n, name) in names.iter().enumerate() {
        aliases.insert(format!("#{n}"), name.clone());
        match expected.get(name) {
            Some(value) => {
                set.push(format!("#{n} = :new{n}"));
                values.insert(format!(":new{n}"), value.clone());
            }
            None => remove.push(format!("#{n}")),
        }
        match found.get(name) {
            Some(value) => {
                conditions.push(format!("#{n} = :old{n}"));
                values.insert(format!(":old{n}"), value.clone());
            }
            None => conditions.push(format!("attribute_not_exists(#{n})")),
        }
    }
    if let Some(version) = found.get("version") {
        conditions.push("version = :version".to_owned());
        values.insert(":version".to_owned(), version.clone());
    }
    let clause = |word: &str, parts: &[String]| {
        if parts.is_empty() { String::new() } else { format!("{word} {} ", parts.join(", ")) }
    };
    let update = Update::builder()
        .table_name(&table.name)
        .set_key(Some(key.clone().into_item()))
        .update_expression(clause("SET", &set) + &clause("REMOVE", &remove))
        .condition_expression(conditions.join(" AND "))
        .set_expression_attribute_names(Some(aliases))
        .set_expression_attribute_values(Some(values).filter(|values| !values.is_empty()));
    let write = TransactWriteItem::builder().update(update.build()?).build();
    Ok(Ok(Transaction::default().and(write, Some(Error::Stale))))
}

/// Adds what the counter lacks, unless its value is no longer `stored`.
pub(super) fn recount(
    table: &Table,
    key: &Key,
    names: &[&str],
    stored: Option<[i64; 2]>,
    by: [i64; 2],
) -> Result<Transaction, Error> {
    let mut update = Update::builder().table_name(&table.name).set_key(Some(key.clone().into_item()));
    let (mut adds, mut conditions) = (Vec::new(), Vec::new());
    for (n, name) in names.iter().enumerate() {
        adds.push(format!("{name} :by{n}"));
        update = update.expression_attribute_values(format!(":by{n}"), number(by[n]));
        match stored {
            Some(stored) => {
                conditions.push(format!("{name} = :stored{n}"));
                update = update.expression_attribute_values(format!(":stored{n}"), number(stored[n]));
            }
            None => conditions.push(format!("attribute_not_exists({name})")),
        }
    }
    let update = update
        .update_expression(format!("ADD {}", adds.join(", ")))
        .condition_expression(conditions.join(" AND "));
    let write = TransactWriteItem::builder().update(update.build()?).build();
    Ok(Transaction::default().and(write, Some(Error::Stale)))
}

impl Transaction {
    /// Ends in [`Error::Stale`] unless the entity with this key is still `as_read`, or still missing.
    pub(super) fn guard(self, table: &Table, owner: &Key, as_read: Option<&Item>) -> Result<Self, Error> {
        let check =
            ConditionCheck::builder().table_name(&table.name).set_key(Some(owner.clone().into_item()));
        let check = match as_read.and_then(|item| item.get("version")) {
            Some(version) => check
                .condition_expression("version = :version")
                .expression_attribute_values(":version", version.clone()),
            None => check.condition_expression("attribute_not_exists(pk)"),
        };
        Ok(self.and(TransactWriteItem::builder().condition_check(check.build()?).build(), Some(Error::Stale)))
    }

    /// Removes `item`, or ends in [`Error::Stale`] if it belongs to another entity now.
    pub(super) fn remove(self, table: &Table, key: &Key, item: &Item) -> Result<Self, Error> {
        let mut delete = Delete::builder().table_name(&table.name).set_key(Some(key.clone().into_item()));
        let owner = ["userId", "postId"].into_iter().find_map(|name| Some((name, item.get(name)?)));
        if let Some((name, owner)) = owner {
            delete = delete
                .condition_expression(format!("{name} = :owner"))
                .expression_attribute_values(":owner", AttributeValue::clone(owner));
        }
        Ok(self.and(TransactWriteItem::builder().delete(delete.build()?).build(), Some(Error::Stale)))
    }
}
