//! The environment variables that a function reads once, at start.

use std::{env, fmt};

use hmac::{Hmac, KeyInit};
use sha2::Sha256;

/// A fault of a variable that the function needs.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The variable is missing or empty.
    #[error("the environment variable {0} is not set; template.yaml sets it for each function")]
    Missing(&'static str),
    /// The variable cannot be used.
    #[error("the environment variable {name} cannot be used: {reason}")]
    Invalid {
        /// The variable's name.
        name: &'static str,
        /// The reason, which never contains the value.
        reason: String,
    },
}

/// Returns the variable's value, or the error that names it.
pub fn required(name: &'static str) -> Result<String, ConfigError> {
    optional(name).ok_or(ConfigError::Missing(name))
}

/// Returns the variable's value; an empty one counts as not set.
#[must_use]
pub fn optional(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The shortest allowed key of HMAC-SHA256: the size of its output (RFC 7518, section 3.2).
const MIN_SECRET_BYTES: usize = 32;

/// A secret from the environment. Its `Debug` form is hidden.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

/// Reads the secrets in the variable `name`, separated by commas.
pub fn secrets(name: &'static str) -> Result<Vec<Secret>, ConfigError> {
    Secret::several(name, &required(name)?)
}

/// Reads the secrets for tokens and cursors from `JWT_SECRET`: the first signs, all verify.
pub fn signing_secrets() -> Result<Vec<Secret>, ConfigError> {
    secrets("JWT_SECRET")
}

impl Secret {
    /// Makes a secret with this value; `name` is for errors.
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

    /// Splits `value` at commas into secrets; `name` is for errors.
    pub fn several(name: &'static str, value: &str) -> Result<Vec<Self>, ConfigError> {
        value.split(',').map(|secret| Self::new(name, secret.trim().to_owned())).collect()
    }

    /// Returns the secret's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns a MAC that is keyed with the secret.
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
