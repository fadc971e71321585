//! The table and SES.

use shared::config::{ConfigError, FromEnv, required};
use shared::store::{Mails, Users};

use crate::ses::Ses;

/// The function's dependencies.
pub struct Deps {
    pub(crate) mails: Mails,
    pub(crate) users: Users,
    pub(crate) ses: Ses,
    /// The URL before the names of the pages to which links lead.
    pub(crate) link_base: String,
}

impl FromEnv for Deps {
    fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            mails: Mails::from_env()?,
            users: Users::from_env()?,
            ses: Ses::from_env()?,
            link_base: required("MAIL_LINK_BASE")?,
        })
    }
}
