//! The table: its keys, its indexes and the few calls that the stores make.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::types::{AttributeValue, ConsumedCapacity, ReturnConsumedCapacity};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_dynamo::aws_sdk_dynamodb_1::from_item;

use super::{Error, connection};
use crate::aws;
use crate::config::{ConfigError, required};
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

    pub(super) fn into_item(self) -> Item {
        HashMap::from([
            ("pk".to_owned(), AttributeValue::S(self.pk)),
            ("sk".to_owned(), AttributeValue::S(self.sk)),
        ])
    }
}

/// Which copy of an item a read is answered from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Consistency {
    /// Half the price; a write of the last moments may be missing.
    Eventual,
    /// Every acknowledged write is seen.
    Strong,
}

impl Table {
    /// The table that `TABLE_NAME` names, reached as Lambda's environment says.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::named_from_env(required("TABLE_NAME")?)
    }

    /// The table `name`, reached as Lambda's environment says.
    pub fn named_from_env(name: String) -> Result<Self, ConfigError> {
        Ok(Self { client: connection::from_env()?, name })
    }

    /// The table `name` of an embedded DynamoDB at `endpoint`, which takes any credentials.
    pub fn embedded(name: &str, endpoint: &str) -> Result<Self, ConfigError> {
        let client = connection::client(&aws::embedded()?, Some(endpoint.to_owned()));
        Ok(Self { client, name: name.to_owned() })
    }

    /// The same table for calls that may not take longer than `timeout`, all attempts together.
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

    /// Reads one key that holds no item: shows that the table is there and answers.
    pub async fn probe(&self) -> Result<(), Error> {
        let key = Key::new("HEALTH".to_owned(), "HEALTH");
        self.get::<Health>(key, Consistency::Eventual).await.map(|_| ())
    }

    /// The item with `key`, if there is one.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        key: Key,
        consistency: Consistency,
    ) -> Result<Option<T>, Error> {
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
        Ok(output.item.map(from_item).transpose()?)
    }
}

/// What one table reported.
pub(super) fn units(reported: Option<&ConsumedCapacity>) -> f64 {
    reported.and_then(ConsumedCapacity::capacity_units).unwrap_or_default()
}

#[derive(Deserialize)]
struct Health {}
