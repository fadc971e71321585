//! The only comparison of passwords that a request can ask for.

use std::convert::Infallible;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;

use super::Passwords;
use crate::domain::{Email, Password, PasswordAttempt, PasswordHash, User};
use crate::http::{Error, QuotaPolicy, RateLimits, SourceAddress, Unauthorized};
use crate::store::{Credential, Users};

/// The check of a password, as an argument of the handler. Every attempt counts under the limits of signing in, by
/// source address and by account.
#[derive(Clone, Debug)]
pub struct PasswordCheck {
    pub(super) users: Users,
    passwords: Passwords,
    limits: RateLimits,
    address: SourceAddress,
}

impl PasswordCheck {
    /// Returns the limits, for the handler's own counts.
    #[must_use]
    pub fn limits(&self) -> &RateLimits {
        &self.limits
    }

    /// Hashes a new password for storage.
    pub fn hash(&self, password: &Password) -> Result<PasswordHash, Error> {
        self.passwords.hash(password)
    }

    /// Returns the user with this e-mail address and password.
    ///
    /// The error does not tell what is wrong: an unknown address and a user without a password take as long as a wrong
    /// password and end in the same [`Unauthorized::WrongCredentials`]. A hash with weak parameters is replaced.
    pub async fn sign_in(&self, email: &Email, attempt: &PasswordAttempt) -> Result<User, Error> {
        let user = self.user(email, attempt).await?;
        let (user, credential) = user.ok_or(Error::Unauthorized(Unauthorized::WrongCredentials))?;
        if let Some(hash) = &credential.password_hash
            && let Some(anew) = self.passwords.rehash(attempt, hash)?
        {
            self.users.rehash(email, hash, &anew).await?;
        }
        Ok(user)
    }

    /// Tells whether the attempt is the password of `user`, who is signed in.
    pub async fn confirm(&self, user: &User, attempt: &PasswordAttempt) -> Result<bool, Error> {
        let credential = self.credential(&user.attributes.email, attempt).await?;
        Ok(credential.is_some_and(|credential| credential.user_id == user.id))
    }

    /// Returns the user with this address, and the credential, if the attempt is the password.
    pub(super) async fn user(
        &self,
        email: &Email,
        attempt: &PasswordAttempt,
    ) -> Result<Option<(User, Credential)>, Error> {
        let Some(credential) = self.credential(email, attempt).await? else { return Ok(None) };
        // The user is missing if it was just removed, and has another epoch if its password was just changed.
        let user = self.users.get_latest(credential.user_id).await?;
        let user = user.filter(|user| user.auth_epoch == credential.auth_epoch);
        Ok(user.map(|user| (user, credential)))
    }

    async fn credential(
        &self,
        email: &Email,
        attempt: &PasswordAttempt,
    ) -> Result<Option<Credential>, Error> {
        // The address comes first, so that a denied address does not use up an account's quota.
        self.limits.take_from(QuotaPolicy::LOGIN_ADDRESS, self.address).await?;
        self.limits.take(QuotaPolicy::LOGIN, email.normalised()).await?;
        let credential = self.users.credential(email).await?;
        let hash = credential.as_ref().and_then(|credential| credential.password_hash.as_ref());
        let is_right = self.passwords.verify(attempt, hash)?;
        Ok(credential.filter(|_| is_right))
    }
}

impl<S> FromRequestParts<S> for PasswordCheck
where
    S: Sync,
    Users: FromRef<S>,
    Passwords: FromRef<S>,
    RateLimits: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(Self {
            users: Users::from_ref(state),
            passwords: Passwords::from_ref(state),
            limits: RateLimits::from_ref(state),
            address: SourceAddress::from_request_parts(parts, state).await?,
        })
    }
}
