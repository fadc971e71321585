use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::to_item;

use super::Error;
use super::table::{Consistency, Key, Table, units};
use crate::config::{ConfigError, FromEnv};
use crate::cost::Cost;
use crate::domain::{KeySet, Timestamp, TokenKey};

/// The keys of access tokens, in an item of their own.
#[derive(Clone, Debug)]
pub struct TokenKeys {
    table: Table,
}

impl FromEnv for TokenKeys {
    /// Connects to the table that the environment names.
    fn from_env() -> Result<Self, ConfigError> {
        Ok(Self::new(Table::from_env()?))
    }
}

impl TokenKeys {
    /// Uses `table`.
    #[must_use]
    pub fn new(table: Table) -> Self {
        Self { table }
    }

    /// Returns the keys; there are none before the first sign-in.
    pub async fn get(&self) -> Result<KeySet, Error> {
        let item: Option<KeysItem> = self.table.get(key(), Consistency::Strong).await?;
        item.map_or_else(|| Ok(KeySet::default()), KeySet::try_from)
    }

    /// Replaces the version before `keys`, or fails with [`Error::Stale`] if the table has another one.
    pub async fn put(&self, keys: &KeySet) -> Result<(), Error> {
        let put = self
            .table
            .client
            .put_item()
            .table_name(&self.table.name)
            .set_item(Some(to_item(KeysItem::of(keys))?))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let put = match keys.version.saturating_sub(1) {
            0 => put.condition_expression("attribute_not_exists(pk)"),
            before => put
                .condition_expression("version = :before")
                .expression_attribute_values(":before", AttributeValue::N(before.to_string())),
        };
        match put.send().await {
            Ok(output) => {
                Cost::add(0.0, units(output.consumed_capacity()));
                Ok(())
            }
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Err(Error::Stale),
                _ => Err(error.into()),
            },
        }
    }
}

fn key() -> Key {
    Key::new("KEYS#TOKENS".to_owned(), "KEYS")
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeysItem {
    pk: String,
    sk: String,
    version: u64,
    keys: Vec<StoredKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredKey {
    /// The public key and the salt in base64url.
    public: String,
    salt: String,
    signs_from: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    verifies_until: Option<Timestamp>,
}

impl KeysItem {
    fn of(keys: &KeySet) -> Self {
        let Key { pk, sk } = key();
        Self { pk, sk, version: keys.version, keys: keys.keys.iter().map(StoredKey::of).collect() }
    }
}

impl StoredKey {
    fn of(key: &TokenKey) -> Self {
        let TokenKey { public, salt, signs_from, verifies_until } = key;
        Self {
            public: URL_SAFE_NO_PAD.encode(public),
            salt: URL_SAFE_NO_PAD.encode(salt),
            signs_from: *signs_from,
            verifies_until: *verifies_until,
        }
    }
}

impl TryFrom<KeysItem> for KeySet {
    type Error = Error;

    fn try_from(item: KeysItem) -> Result<Self, Error> {
        let keys = item.keys.into_iter().map(TokenKey::try_from).collect::<Result<_, _>>()?;
        Ok(Self { version: item.version, keys })
    }
}

impl TryFrom<StoredKey> for TokenKey {
    type Error = Error;

    fn try_from(key: StoredKey) -> Result<Self, Error> {
        let StoredKey { public, salt, signs_from, verifies_until } = key;
        Ok(Self { public: bytes(&public)?, salt: bytes(&salt)?, signs_from, verifies_until })
    }
}

fn bytes(text: &str) -> Result<[u8; 32], Error> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|error| Error::Internal(error.into()))?;
    bytes.try_into().map_err(|_| Error::Internal("a key of access tokens does not have 32 bytes".into()))
}
