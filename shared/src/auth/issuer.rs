use std::fmt;

use super::ed25519::derive;
use super::known_keys::KnownKeys;
use super::token::TokenSigner;
use crate::clock::Clock;
use crate::config::{ConfigError, FromEnv, Secret, secrets};
use crate::domain::{KeySet, Pending, Rotation};
use crate::http;
use crate::random::Random;
use crate::store::{Error, TokenKeys, retry_stale};

/// Signs access tokens and publishes their keys: for the functions that sign users in, and for nobody else.
///
/// A private key is not stored. It is derived from a secret of the environment and from the salt beside its public key.
/// So neither the environment nor the table is enough to sign, and another salt makes another key without a deployment.
#[derive(Clone)]
pub struct AccessTokenIssuer {
    /// The first secret makes new keys; each can sign with the keys that it made.
    secrets: Vec<Secret>,
    table: TokenKeys,
    keys: KnownKeys,
    clock: Clock,
    random: Random,
}

/// The reason why keys could not be rotated.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// The last rotation has not ended.
    #[error(transparent)]
    Pending(#[from] Pending),
    /// The table could not be read or written.
    #[error(transparent)]
    Store(#[from] Error),
}

impl FromEnv for AccessTokenIssuer {
    /// Reads the secrets from `ACCESS_TOKEN_SECRET`, and begins to read the keys from the table that the environment names.
    fn from_env() -> Result<Self, ConfigError> {
        let (secrets, table) = (secrets("ACCESS_TOKEN_SECRET")?, TokenKeys::from_env()?);
        let clock = Clock::system();
        let keys = KnownKeys::begin(table.clone(), clock.clone());
        Ok(Self { secrets, table, keys, clock, random: Random::system() })
    }
}

impl AccessTokenIssuer {
    /// Uses these secrets and the keys of `table`.
    #[must_use]
    pub fn new(secrets: Vec<Secret>, table: TokenKeys, clock: Clock, random: Random) -> Self {
        let keys = KnownKeys::new(table.clone(), clock.clone());
        Self { secrets, table, keys, clock, random }
    }

    /// Returns the signer of now. If the secrets made none of the keys, it publishes one: in a new deployment, or after the
    /// secret was replaced.
    ///
    /// It comes before everything that a sign-in changes, so that a failure here has no effect.
    pub async fn signer(&self) -> Result<TokenSigner, http::Error> {
        if let Some(signer) = self.signer_of(&*self.keys.to_sign().await?) {
            return Ok(signer);
        }
        Ok(retry_stale(async || self.join().await).await?)
    }

    /// Publishes a key that takes the place of the others.
    pub async fn rotate(&self, rotation: Rotation) -> Result<KeySet, RotationError> {
        let (public, salt) = self.new_key()?;
        let keys = self.table.get().await?.rotated(public, salt, self.clock.now(), rotation)?;
        self.publish(keys, public).await.map_err(Into::into)
    }

    /// Publishes a key beside the others, unless another instance did.
    async fn join(&self) -> Result<TokenSigner, Error> {
        let mut keys = self.table.get().await?;
        if self.signer_of(&keys).is_none() {
            let (public, salt) = self.new_key()?;
            keys = self.publish(keys.joined(public, salt, self.clock.now()), public).await?;
        }
        self.signer_of(&keys).ok_or(Error::Stale)
    }

    async fn publish(&self, keys: KeySet, public: [u8; 32]) -> Result<KeySet, Error> {
        match self.table.put(&keys).await {
            Ok(()) => Ok(keys),
            // The write may be ours, if its answer was lost and it was sent again.
            Err(Error::Stale) => {
                let keys = self.table.get().await?;
                let is_ours = keys.keys.iter().any(|key| key.public == public);
                if is_ours { Ok(keys) } else { Err(Error::Stale) }
            }
            Err(error) => Err(error),
        }
    }

    /// Returns a new public key and its salt.
    fn new_key(&self) -> Result<([u8; 32], [u8; 32]), Error> {
        let salt = self.random.bytes();
        let secret = self.secrets.first().ok_or_else(|| Error::Internal("there is no secret".into()))?;
        let (_, public) = derive(secret, &salt).map_err(|error| Error::Internal(error.into()))?;
        Ok((public, salt))
    }

    /// Returns the signer for the first key to sign that one of the secrets made.
    fn signer_of(&self, keys: &KeySet) -> Option<TokenSigner> {
        keys.to_sign(self.clock.now()).find_map(|key| {
            self.secrets.iter().find_map(|secret| {
                let (private, public) = derive(secret, &key.salt).ok()?;
                let signer = || TokenSigner::new(private, key.id(), self.clock.clone(), self.random.clone());
                (public == key.public).then(signer)
            })
        })
    }
}

impl fmt::Debug for AccessTokenIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessTokenIssuer(redacted)")
    }
}
