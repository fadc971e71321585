use std::fmt;

use super::Caller;
use super::known_keys::KnownKeys;
use super::token::{key_id, verify};
use crate::clock::Clock;
use crate::config::{ConfigError, FromEnv};
use crate::http::{Error, Unauthorized};
use crate::store::TokenKeys;

/// Verifies access tokens with the public keys in the table. It holds no secret.
#[derive(Clone)]
pub struct AccessTokens {
    keys: KnownKeys,
    clock: Clock,
}

impl FromEnv for AccessTokens {
    /// Begins to read the keys from the table that the environment names.
    fn from_env() -> Result<Self, ConfigError> {
        let clock = Clock::system();
        Ok(Self { keys: KnownKeys::begin(TokenKeys::from_env()?, clock.clone()), clock })
    }
}

impl AccessTokens {
    /// Verifies with the keys of `table`, which are read for the first token.
    #[must_use]
    pub fn new(table: TokenKeys, clock: Clock) -> Self {
        Self { keys: KnownKeys::new(table, clock.clone()), clock }
    }

    /// Returns the caller of a valid token. The error is [`Unauthorized::Expired`] if only the time is wrong,
    /// [`Error::Unavailable`] if the keys cannot be read, and [`Unauthorized::Invalid`] otherwise.
    pub async fn verify(&self, token: &str) -> Result<Caller, Error> {
        // A text that is no token at all is no reason to read keys.
        let id = key_id(token).ok_or(Error::Unauthorized(Unauthorized::Invalid))?;
        let keys = self.keys.to_verify(&id).await?;
        verify(token, &keys, self.clock.now()).map_err(Error::Unauthorized)
    }
}

impl fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessTokens(keys in the table)")
    }
}
