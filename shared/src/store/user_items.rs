//! The items of a user: the user's own, and the one that makes the address unique and has the password.

use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::from_item;

use super::entity::{Description, Entity};
use super::table::{Item, Key};
use super::{Error, Unique};
use crate::domain::{Email, Name, PasswordHash, Revision, Role, User, UserAttributes, UserId};

/// The name of the list of all users, which is its partition and its counter.
pub(super) const USERS: &str = "USERS";

impl Entity for User {
    type Id = UserId;
    const KIND: &str = "USER";
    const COUNTERS: &[&str] = &[USERS];

    fn read(item: Item) -> Result<Self, Error> {
        let id = Self::id(&item)?;
        let UserItem { email, name, role, revision, auth_epoch, email_verified, pending_email } =
            from_item(item)?;
        let attributes = UserAttributes { email, name, role };
        Ok(Self { id, attributes, revision, auth_epoch, email_verified, pending_email })
    }

    /// Describes the e-mail item without a password, which the user does not contain.
    fn describe(&self) -> Result<Description, Error> {
        self.with_password(None)
    }
}

impl User {
    pub(super) fn with_password(&self, password_hash: Option<PasswordHash>) -> Result<Description, Error> {
        let (id, revision, auth_epoch) = (self.id, self.revision, self.auth_epoch);
        let UserAttributes { email, name, role } = self.attributes.clone();
        let password_hash = password_hash.map(|hash| hash.as_str().to_owned());
        let (key, held) = (email_key(&email), EmailItem { user_id: id, auth_epoch, password_hash });
        let (email_verified, pending_email) = (self.email_verified, self.pending_email.clone());
        let item = UserItem { email, name, role, revision, auth_epoch, email_verified, pending_email };
        Description::of(Self::key(&id), &item)?
            .indexed("gsi1", USERS, &id.to_string())
            .counted_in(USERS, id.shard())
            .holding(Unique::Email, key, &held)
    }
}

/// The credential with which a sign-in is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The user who signs in.
    pub user_id: UserId,
    /// The user's epoch since the password was set. If the user has another epoch now, the password has changed.
    pub auth_epoch: u64,
    /// The password's hash. Users without one cannot sign in.
    pub password_hash: Option<PasswordHash>,
}

/// Returns the key of the item of an address.
pub(super) fn email_key(email: &Email) -> Key {
    Key::new(format!("EMAIL#{}", email.normalised()), "EMAIL")
}

/// The stored attributes of a user.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserItem {
    email: Email,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Name>,
    role: Role,
    #[serde(flatten)]
    revision: Revision,
    #[serde(default, skip_serializing_if = "is_zero")]
    auth_epoch: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    email_verified: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pending_email: Option<Email>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// The item that reserves an e-mail address for a user and holds the credential.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EmailItem {
    user_id: UserId,
    #[serde(default, skip_serializing_if = "is_zero")]
    auth_epoch: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_hash: Option<String>,
}

impl EmailItem {
    pub(super) fn into_credential(self) -> Credential {
        Credential {
            user_id: self.user_id,
            auth_epoch: self.auth_epoch,
            password_hash: self.password_hash.map(PasswordHash::from_phc),
        }
    }
}
