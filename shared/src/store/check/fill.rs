//! Items for tables that are filled without the stores, equal to those that the stores would write.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;

use crate::domain::{Payer, Payment, Post, Problem, User};
use crate::store::entity::{Description, Entity};
use crate::store::error::Error;
use crate::store::payments::Paid;
use crate::store::table::{Item, Key};

/// Makes the items of entities in DynamoDB's JSON, and counts the entities.
#[derive(Debug, Default)]
pub struct Items {
    counters: BTreeMap<Key, i64>,
    /// The size of the entities' own items in bytes, that is, of a scan that reads no others.
    pub entity_bytes: u64,
}

impl Items {
    /// Returns the items of a user without a password.
    pub fn of_user(&mut self, user: &User) -> Result<Vec<Value>, Error> {
        self.of(user.describe()?)
    }

    /// Returns the items of a post.
    pub fn of_post(&mut self, post: &Post) -> Result<Vec<Value>, Error> {
        self.of(post.describe()?)
    }

    /// Returns the items of a problem.
    pub fn of_problem(&mut self, problem: &Problem) -> Result<Vec<Value>, Error> {
        self.of(problem.describe()?)
    }

    /// Returns the items of a payment, without that of Stripe's event, which expires soon.
    pub fn of_payment(&mut self, payment: &Payment, payer: &Payer) -> Result<Vec<Value>, Error> {
        self.of(Paid { payment: payment.clone(), payer: Some(payer.clone()) }.describe()?)
    }

    /// Returns the counters of all entities so far.
    pub fn counters(&self) -> Result<Vec<Value>, Error> {
        let counters = self.counters.iter().map(|(key, n)| {
            let mut item = key.clone().into_item();
            item.insert("n".to_owned(), AttributeValue::N(n.to_string()));
            json(item)
        });
        counters.collect()
    }

    fn of(&mut self, entity: Description) -> Result<Vec<Value>, Error> {
        for counted in entity.counted {
            *self.counters.entry(counted.counter).or_default() += 1;
        }
        self.entity_bytes += bytes(&entity.item);
        [entity.item].into_iter().chain(entity.parts.into_values().map(|part| part.item)).map(json).collect()
    }
}

fn json(item: Item) -> Result<Value, Error> {
    let item: serde_dynamo::Item = item.into();
    serde_json::to_value(item).map_err(|error| Error::Internal(error.into()))
}

/// Returns the size of an item: names and values (Amazon DynamoDB developer guide, "DynamoDB item sizes and formats").
/// Entities consist of texts, and of numbers and booleans of a few bytes.
fn bytes(item: &Item) -> u64 {
    let value = |value: &AttributeValue| value.as_s().map_or(2, String::len);
    item.iter().map(|(name, of)| (name.len() + value(of)) as u64).sum()
}
