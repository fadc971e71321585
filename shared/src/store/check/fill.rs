//! Tables that are filled past the stores, with what the stores would have written.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;

use super::entity::Entity;
use crate::domain::{Payer, Payment, Post, Problem};
use crate::store::error::Error;
use crate::store::table::{Item, Key};

/// Makes the items of entities, in DynamoDB's JSON, and counts them.
#[derive(Debug, Default)]
pub struct Items {
    counters: BTreeMap<Key, i64>,
    /// Bytes of the entities' own items: what a scan would read that knew no others.
    pub entity_bytes: u64,
}

impl Items {
    /// The items of a post.
    pub fn of_post(&mut self, post: &Post) -> Result<Vec<Value>, Error> {
        self.of(Entity::of_post(post)?)
    }

    /// The items of a problem.
    pub fn of_problem(&mut self, problem: &Problem) -> Result<Vec<Value>, Error> {
        self.of(Entity::of_problem(problem)?)
    }

    /// The items of a payment; Stripe's event, which is soon forgotten, is not among them.
    pub fn of_payment(&mut self, payment: &Payment, payer: &Payer) -> Result<Vec<Value>, Error> {
        self.of(Entity::of_payment(payment, Some(payer))?)
    }

    /// The counters of all that was made.
    pub fn counters(&self) -> Result<Vec<Value>, Error> {
        let counters = self.counters.iter().map(|(key, n)| {
            let mut item = key.clone().into_item();
            item.insert("n".to_owned(), AttributeValue::N(n.to_string()));
            json(item)
        });
        counters.collect()
    }

    fn of(&mut self, entity: Entity) -> Result<Vec<Value>, Error> {
        for (counter, [n, _]) in entity.counted {
            *self.counters.entry(counter).or_default() += n;
        }
        self.entity_bytes += bytes(&entity.item);
        [entity.item].into_iter().chain(entity.derived).map(json).collect()
    }
}

fn json(item: Item) -> Result<Value, Error> {
    let item: serde_dynamo::Item = item.into();
    serde_json::to_value(item).map_err(|error| Error::Internal(error.into()))
}

/// Names and values (Amazon DynamoDB developer guide, "DynamoDB item sizes and formats"); entities have texts, and
/// numbers and flags of a few bytes.
fn bytes(item: &Item) -> u64 {
    let value = |value: &AttributeValue| value.as_s().map_or(2, String::len);
    item.iter().map(|(name, of)| (name.len() + value(of)) as u64).sum()
}
