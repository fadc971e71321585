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

/// The secret in the variable `name`, of at least 32 bytes.
pub fn secret(name: &'static str) -> Result<Secret, ConfigError> {
    Secret::new(name, required(name)?)
}

/// The secrets in the variable `name`, separated by commas.
pub fn secrets(name: &'static str) -> Result<Vec<Secret>, ConfigError> {
    required(name)?.split(',').map(|secret| Secret::new(name, secret.trim().to_owned())).collect()
}

/// What tokens and cursors are signed with: the first signs, all verify.
///
/// That is `JWT_SECRET` and, while it is being changed, `JWT_SECRET_PREVIOUS`.
pub fn signing_secrets() -> Result<Vec<Secret>, ConfigError> {
    let mut secrets = vec![secret("JWT_SECRET")?];
    if optional("JWT_SECRET_PREVIOUS").is_some() {
        secrets.push(secret("JWT_SECRET_PREVIOUS")?);
    }
    Ok(secrets)
}

impl Secret {
    /// The secret with this value, known under `name`.
    pub fn new(name: &'static str, value: String) -> Result<Self, ConfigError> {
        if value.len() < MIN_SECRET_BYTES {
            let reason = format!("it must have at least {MIN_SECRET_BYTES} bytes, and has {}", value.len());
            return Err(ConfigError::Invalid { name, reason });
        }
        Ok(Self(value.into_bytes()))
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
