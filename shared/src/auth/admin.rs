//! Administrators who are created without the API: the first one of a deployment, and the one of a local stack.

use super::Passwords;
use crate::clock::Clock;
use crate::domain::{Email, Password, PasswordHash, Role, User, UserAttributes, UserId};
use crate::http;
use crate::random::Random;
use crate::store::{self, Outbox, Table, Users, retry_stale};

/// The reason why the administrator could not be created.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The password could not be hashed.
    #[error("hashing the admin's password: {0:?}")]
    Hash(http::Error),
    /// The user could not be written.
    #[error("writing the admin: {0}")]
    Store(#[from] store::Error),
}

/// Makes the user with this address an administrator with this password, and returns the account.
///
/// A missing user is created. An existing one keeps everything else.
pub async fn write_admin(table: &Table, email: Email, password: &Password) -> Result<User, AdminError> {
    let users = Users::new(table.clone(), Clock::system(), Random::system());
    let passwords = Passwords::system();
    let Some(credential) = users.credential(&email).await? else {
        let attributes = UserAttributes { email, name: None, role: Role::Admin };
        let hash = passwords.hash(password).map_err(AdminError::Hash)?;
        return Ok(users.register(attributes, hash).await?);
    };
    let is_theirs = match &credential.password_hash {
        Some(hash) => passwords.verify(password.as_attempt(), Some(hash)).map_err(AdminError::Hash)?,
        None => false,
    };
    let hash = if is_theirs { None } else { Some(passwords.hash(password).map_err(AdminError::Hash)?) };
    Ok(retry_stale(async || promote(&users, credential.user_id, hash.clone()).await).await?)
}

/// Makes the user an administrator, with the password of this hash if there is one.
async fn promote(users: &Users, id: UserId, hash: Option<PasswordHash>) -> Result<User, store::Error> {
    // A user who was removed meanwhile counts as changed.
    let user = users.get_latest(id).await?.ok_or(store::Error::Stale)?;
    let attributes = UserAttributes { role: Role::Admin, ..user.attributes.clone() };
    let user = users.replace(&user, attributes, Outbox::CLOSED).await?;
    match hash {
        Some(hash) => users.change_password(&user, hash).await,
        None => Ok(user),
    }
}
