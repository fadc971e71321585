//! The table and the bucket.

use shared::config::{ConfigError, FromEnv};
use shared::objects::Objects;
use shared::store::{Files, Sweeps, Users};

/// The function's dependencies.
pub struct Deps {
    pub(crate) files: Files,
    pub(crate) users: Users,
    pub(crate) objects: Objects,
    pub(crate) sweeps: Sweeps,
}

impl FromEnv for Deps {
    fn from_env() -> Result<Self, ConfigError> {
        let (files, users) = (Files::from_env()?, Users::from_env()?);
        Ok(Self { files, users, objects: Objects::from_env()?, sweeps: Sweeps::from_env()? })
    }
}
