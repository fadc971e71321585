//! What a function reads from its environment, once, at start.

use std::{env, fmt};

use hmac::{Hmac, KeyInit};
use sha2::Sha256;

/// A variable without which the function can not serve.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It is not there, or empty.
    #[error("the environment variable {0} is not set; template.yaml sets it for each function")]
    Missing(&'static str),
    /// It is there and can not be used.
    #[error("the environment variable {name} can not be used: {reason}")]
    Invalid {
        /// The variable's name.
        name: &'static str,
        /// What is wrong with it; never its value.
        reason: String,
    },
}

/// The variable's value, or the error that names it.
pub fn required(name: &'static str) -> Result<String, ConfigError> {
    optional(name).ok_or(ConfigError::Missing(name))
}

/// The variable's value; an empty one counts as not set.
#[must_use]
pub fn optional(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The shortest secret that HMAC-SHA256 may be keyed with: the size of its output (RFC 7518, section 3.2).
const MIN_SECRET_BYTES: usize = 32;

/// A secret from the environment. Its `Debug` form does not show it.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

/// Reads the secrets in the variable `name`, which are separated by commas.
pub fn secrets(name: &'static str) -> Result<Vec<Secret>, ConfigError> {
    Secret::several(name, &required(name)?)
}

/// Reads what signs tokens and cursors from `JWT_SECRET`: the first secret signs, all verify.
pub fn signing_secrets() -> Result<Vec<Secret>, ConfigError> {
    secrets("JWT_SECRET")
}

impl Secret {
    /// The secret with this value, known under `name`.
    pub fn new(name: &'static str, value: String) -> Result<Self, ConfigError> {
        if value.len() < MIN_SECRET_BYTES {
            let length = value.len();
            let reason = format!(
                "a secret must have at least {MIN_SECRET_BYTES} bytes, and has {length}; commas separate secrets"
            );
            return Err(ConfigError::Invalid { name, reason });
        }
        Ok(Self(value.into_bytes()))
    }

    /// Returns the secrets in `value`, which are separated by commas, known under `name`.
    pub fn several(name: &'static str, value: &str) -> Result<Vec<Self>, ConfigError> {
        value.split(',').map(|secret| Self::new(name, secret.trim().to_owned())).collect()
    }

    /// The secret itself.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// A MAC that is keyed with the secret.
    #[must_use]
    pub fn hmac(&self) -> Hmac<Sha256> {
        let Ok(mac) = Hmac::new_from_slice(&self.0) else { unreachable!("HMAC takes keys of any length") };
        mac
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}
