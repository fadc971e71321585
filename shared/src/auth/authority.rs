//! The only place that decides whether a caller may do more than what every holder of a token may.
//!
//! An access token is valid for 15 minutes, whatever happens to its user. So a right that it states counts only if the
//! account, read consistently (1 RCU), still has it: the user exists, has the epoch of the token, and is still an admin.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;

use super::{AccessTokens, Caller};
use crate::domain::{Role, User, UserId};
use crate::http::{Error, Unauthorized};
use crate::store::Users;

/// A caller who is an admin now. Only the extractor makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admin(Caller);

/// The account of a caller, which still has the epoch of the token.
#[derive(Clone, Debug)]
pub struct Account {
    /// The user.
    pub user: User,
    is_admin: bool,
}

impl Caller {
    /// Reads the caller's account, or ends in 401 if the user was removed or signed out everywhere, or changed the
    /// password, since the token was signed.
    pub async fn account(self, users: &Users) -> Result<Account, Error> {
        let user = users.get_latest(self.id).await?.filter(|user| user.auth_epoch == self.auth_epoch);
        let user = user.ok_or(Error::Unauthorized(Unauthorized::Invalid))?;
        Ok(Account { is_admin: self.was_admin && user.attributes.role == Role::Admin, user })
    }

    /// Does the same at half the price, for showing the caller what is the caller's own. A change of the last moment
    /// may be missing.
    pub async fn account_to_show(self, users: &Users) -> Result<User, Error> {
        match users.get(self.id).await? {
            Some(user) if user.auth_epoch == self.auth_epoch => Ok(user),
            // The user may have registered a moment ago.
            _ => Ok(self.account(users).await?.user),
        }
    }

    /// Tells whether the caller is an admin. Costs nothing if the token does not say so.
    pub async fn is_admin(self, users: &Users) -> Result<bool, Error> {
        Ok(self.was_admin && self.account(users).await?.is_admin())
    }

    /// Tells whether the caller may see and change resources of `owner`. Costs nothing if they are the caller's own.
    pub async fn manages(self, owner: UserId, users: &Users) -> Result<bool, Error> {
        Ok(self.id == owner || self.is_admin(users).await?)
    }
}

impl Account {
    /// Tells whether the caller is an admin: by the token and by the account.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.is_admin
    }
}

impl Admin {
    /// Returns the admin's id.
    #[must_use]
    pub fn id(self) -> UserId {
        self.0.id
    }
}

impl<S> FromRequestParts<S> for Admin
where
    S: Sync,
    AccessTokens: FromRef<S>,
    Users: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let caller = <Caller as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        if caller.is_admin(&Users::from_ref(state)).await? {
            Ok(Self(caller))
        } else {
            Err(Error::Forbidden("Only an admin may do this"))
        }
    }
}
