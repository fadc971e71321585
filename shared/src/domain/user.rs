use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::text::{checked_text, line};
use super::{Email, Invalid, Revision, UserId};

/// An account's public side. Credentials are kept elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Names the user for good.
    pub id: UserId,
    /// What the user can change.
    pub draft: UserDraft,
    /// Its version.
    pub revision: Revision,
    /// Rises by one when all that began before must end: sessions, refresh tokens. From 0.
    pub auth_epoch: u64,
}

/// What a request can say of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserDraft {
    /// Unique among all users.
    pub email: Email,
    /// How the user wants to be called.
    pub name: Option<Name>,
    /// What the user may do.
    pub role: Role,
}

/// What a user may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Manages what is their own.
    #[default]
    User,
    /// Manages everything.
    Admin,
}

/// A person's name: 1 to 100 characters in one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, min_length = 1, max_length = 100, example = "Ada Lovelace")]
pub struct Name(String);

checked_text!(Name);

impl FromStr for Name {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        line(text, 1, 100).map(Self)
    }
}
