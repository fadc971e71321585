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
    /// A number that rises by one when all earlier sessions and refresh tokens must end. It starts at 0, and is always 0
    /// in lists.
    pub auth_epoch: u64,
    /// True once a link that was sent to the address has been used.
    pub email_verified: bool,
    /// The address that replaces the current one once it is confirmed. Lists leave it out.
    pub pending_email: Option<Email>,
}

impl User {
    /// Returns the user with these attributes. Another mailbox is an address that is not confirmed.
    #[must_use]
    pub fn with(&self, attributes: UserAttributes) -> Self {
        let keeps_mailbox = attributes.email.is_mailbox_of(&self.attributes.email);
        Self {
            email_verified: self.email_verified && keeps_mailbox,
            attributes,
            pending_email: None,
            ..self.clone()
        }
    }

    /// Returns the user with these attributes, except that another mailbox is pending until it is confirmed.
    #[must_use]
    pub fn asking_for(&self, attributes: UserAttributes) -> Self {
        if attributes.email.is_mailbox_of(&self.attributes.email) {
            return Self { attributes, ..self.clone() };
        }
        let UserAttributes { email, name, role } = attributes;
        let attributes = UserAttributes { email: self.attributes.email.clone(), name, role };
        Self { attributes, pending_email: Some(email), ..self.clone() }
    }

    /// Returns the user after a link that was sent to this address has been used, unless the user neither has nor wants
    /// the address.
    #[must_use]
    pub fn confirmed(&self, address: &Email) -> Option<Self> {
        if self.attributes.email.is_mailbox_of(address) {
            return Some(Self { email_verified: true, ..self.clone() });
        }
        let email = self.pending_email.clone().filter(|pending| pending.is_mailbox_of(address))?;
        let attributes = UserAttributes { email, ..self.attributes.clone() };
        Some(Self { attributes, email_verified: true, pending_email: None, ..self.clone() })
    }
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
