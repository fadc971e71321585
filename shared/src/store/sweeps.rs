//! The position at which the next sweep of the bucket begins.

use serde::{Deserialize, Serialize};

use super::Error;
use super::table::{Consistency, Key, Table};
use crate::config::{ConfigError, FromEnv};

/// The position of the sweep, in an item of its own.
#[derive(Clone, Debug)]
pub struct Sweeps {
    table: Table,
}

/// The stored position.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SweepItem {
    pk: String,
    sk: String,
    /// The last key that was looked at; empty at the end of the bucket.
    after_key: String,
}

impl FromEnv for Sweeps {
    fn from_env() -> Result<Self, ConfigError> {
        Ok(Self { table: Table::from_env()? })
    }
}

impl Sweeps {
    /// Returns the key after which the next sweep begins; empty for the beginning of the bucket.
    pub async fn position(&self) -> Result<String, Error> {
        let item: Option<SweepItem> = self.table.get(key(), Consistency::Strong).await?;
        Ok(item.map_or_else(String::new, |item| item.after_key))
    }

    /// Stores the position.
    pub async fn keep(&self, after_key: &str) -> Result<(), Error> {
        let Key { pk, sk } = key();
        let item = SweepItem { pk, sk, after_key: after_key.to_owned() };
        self.table.put(item).await
    }
}

fn key() -> Key {
    Key::new("SWEEP#FILES".to_owned(), "SWEEP")
}
