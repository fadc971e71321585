//! The table: its keys, its indexes and the few calls that the stores make.

use std::collections::HashMap;
use std::str::FromStr;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::types::{AttributeValue, ConsumedCapacity, ReturnConsumedCapacity};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

use super::{Error, connection};
use crate::aws;
use crate::config::{ConfigError, FromEnv, required};
use crate::cost::Cost;

pub(super) type Item = HashMap<String, AttributeValue>;

/// A connection to the table. Clones share it.
#[derive(Clone, Debug)]
pub struct Table {
    pub(super) client: Client,
    pub(super) name: String,
}

/// The primary key of an item.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    pub(super) pk: String,
    pub(super) sk: String,
}

impl Key {
    pub(super) fn new(pk: String, sk: &str) -> Self {
        Self { pk, sk: sk.to_owned() }
    }

    /// Returns the primary key of `item`; every item of the table has one.
    pub(super) fn of(item: &Item) -> Self {
        Self::new(text(item, "pk").to_owned(), text(item, "sk"))
    }

    pub(super) fn into_item(self) -> Item {
        HashMap::from([
            ("pk".to_owned(), AttributeValue::S(self.pk)),
            ("sk".to_owned(), AttributeValue::S(self.sk)),
        ])
    }
}

/// The consistency of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Consistency {
    /// Costs half as much; a recent write may be missing.
    Eventual,
    /// Includes every acknowledged write.
    Strong,
}

impl FromEnv for Table {
    /// Connects to the table that `TABLE_NAME` names, with Lambda's environment. The first call begins to open the
    /// connection.
    fn from_env() -> Result<Self, ConfigError> {
        connection::open()?;
        Self::named_from_env(required("TABLE_NAME")?)
    }
}

impl Table {
    /// Connects to the table `name`, with Lambda's environment.
    pub fn named_from_env(name: String) -> Result<Self, ConfigError> {
        Ok(Self { client: connection::from_env()?, name })
    }

    /// Connects to the table `name` of an embedded DynamoDB at `endpoint`, as its owner, who may do everything.
    pub fn embedded(name: &str, endpoint: &str) -> Result<Self, ConfigError> {
        let client = connection::client(&aws::embedded()?, Some(endpoint.to_owned()));
        Ok(Self { client, name: name.to_owned() })
    }

    /// Returns the same table with a shorter timeout for calls, all attempts together.
    pub(super) fn within(&self, timeout: Duration, attempts: u32) -> Self {
        let config = self.client.config();
        let retries = config.retry_config().cloned().unwrap_or_else(RetryConfig::standard);
        let timeouts = config.timeout_config().map_or_else(TimeoutConfig::builder, TimeoutConfig::to_builder);
        let config = config
            .to_builder()
            .retry_config(retries.with_max_attempts(attempts))
            .timeout_config(timeouts.operation_timeout(timeout).build())
            .build();
        Self { client: Client::from_conf(config), name: self.name.clone() }
    }

    /// Returns the item with `key`, if it exists.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        key: Key,
        consistency: Consistency,
    ) -> Result<Option<T>, Error> {
        Ok(self.item(key, consistency).await?.map(from_item).transpose()?)
    }

    /// Returns the item as it is stored.
    pub(super) async fn item(&self, key: Key, consistency: Consistency) -> Result<Option<Item>, Error> {
        let output = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key.into_item()))
            .consistent_read(consistency == Consistency::Strong)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await?;
        Cost::add(units(output.consumed_capacity()), 0.0);
        Ok(output.item)
    }

    /// Writes an item, in place of the one that has its key.
    pub(super) async fn put(&self, item: impl Serialize) -> Result<(), Error> {
        let output = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(to_item(item)?))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await?;
        Cost::add(0.0, units(output.consumed_capacity()));
        Ok(())
    }
}

/// Returns a text attribute, or an empty text if the item lacks it.
pub(super) fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}

/// Returns the capacity that one table reported.
pub(super) fn units(reported: Option<&ConsumedCapacity>) -> f64 {
    reported.and_then(ConsumedCapacity::capacity_units).unwrap_or_default()
}

/// Parses a text of an item.
pub(super) fn parse<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    text: &str,
) -> Result<T, Error> {
    text.parse().map_err(|error: T::Err| Error::Internal(Box::new(error)))
}
