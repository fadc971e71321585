use serde::{Deserialize, Serialize};

use super::text::text;
use super::{Email, Revision, UserId};

/// An account's public side. Credentials are kept elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Names the user for good.
    pub id: UserId,
    /// What the user can change.
    pub attributes: UserAttributes,
    /// Its version.
    pub revision: Revision,
    /// Rises by one when all that began before must end: sessions, refresh tokens. From 0.
    pub auth_epoch: u64,
}

/// What a request can say of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserAttributes {
    /// Unique among all users.
    pub email: Email,
    /// How the user wants to be called.
    pub name: Option<Name>,
    /// What the user may do.
    pub role: Role,
}

/// The role of a user: `user` manages what is their own, `admin` everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Manages what is their own.
    #[default]
    User,
    /// Manages everything.
    Admin,
}

text! {
    /// The name of a person, in one line.
    Name = line(1 to 100), "Ada Lovelace"
}
