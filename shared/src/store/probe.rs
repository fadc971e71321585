//! A check that the table can be reached.

use serde::Deserialize;

use super::Error;
use super::table::{Consistency, Key, Table};
use crate::config::{ConfigError, FromEnv, required};

/// The table, for a function that seldom calls it: a start neither makes the client nor opens the connection.
#[derive(Clone, Debug)]
pub struct Probe {
    table_name: String,
}

#[derive(Deserialize)]
struct Nothing {}

impl FromEnv for Probe {
    fn from_env() -> Result<Self, ConfigError> {
        Ok(Self { table_name: required("TABLE_NAME")? })
    }
}

impl Probe {
    /// Reads a key without an item, to check that the table can be reached.
    pub async fn check(&self) -> Result<(), Error> {
        let table =
            Table::named_from_env(self.table_name.clone()).map_err(|error| Error::Internal(error.into()))?;
        let key = Key::new("HEALTH".to_owned(), "HEALTH");
        table.get::<Nothing>(key, Consistency::Eventual).await.map(|_| ())
    }
}
