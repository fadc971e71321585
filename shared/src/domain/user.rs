use serde::{Deserialize, Serialize};

use super::text::text;
use super::{Email, Revision, UserId};

/// The public part of an account. Credentials are stored separately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The permanent id of the user.
    pub id: UserId,
    /// The fields that the user can change.
    pub attributes: UserAttributes,
    /// Its version.
    pub revision: Revision,
    /// A number that rises by one when all earlier sessions and refresh tokens must end. It starts at 0.
    pub auth_epoch: u64,
}

/// The fields of a user that a request can set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserAttributes {
    /// The e-mail address, unique among all users.
    pub email: Email,
    /// The user's name.
    pub name: Option<Name>,
    /// The user's role.
    pub role: Role,
}

/// The role of a user: `user` manages the user's own resources, `admin` manages everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Manages the user's own resources.
    #[default]
    User,
    /// Manages everything.
    Admin,
}

text! {
    /// The name of a person, in one line.
    Name = line(1 to 100), "Ada Lovelace"
}
