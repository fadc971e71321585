//! Requests, as policies see them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One action on one resource.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Request {
    /// `dynamodb:PutItem`
    pub action: String,
    /// The resource's ARN; `*` for an action on none.
    pub resource: String,
    /// Values of condition keys.
    #[serde(default)]
    pub context: Context,
}

/// Values of a request's condition keys.
#[derive(Clone, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Context(BTreeMap<String, Vec<String>>);

impl Context {
    /// Adds a key with one value.
    #[must_use]
    pub fn with(self, key: &str, value: impl Into<String>) -> Self {
        self.with_all(key, [value.into()])
    }

    /// Adds a key with all of its values. A key without a value is missing.
    #[must_use]
    pub fn with_all(mut self, key: &str, values: impl IntoIterator<Item = String>) -> Self {
        let values: Vec<String> = values.into_iter().collect();
        if !values.is_empty() {
            self.0.insert(key.to_owned(), values);
        }
        self
    }

    /// Returns the values of a key, whose case does not matter; `None` if there are none.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&[String]> {
        let entry = self.0.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        entry.map(|(_, values)| values.as_slice()).filter(|values| !values.is_empty())
    }
}
