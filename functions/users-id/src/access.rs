//! The rights to see and change a user.

use shared::auth::Caller;
use shared::domain::{User, UserAttributes, UserId};
use shared::http::Error;
use shared::store::Users;

/// A user whom the caller may change.
pub(crate) struct Changeable {
    /// The user, read consistently.
    pub(crate) user: User,
    caller: Caller,
    by_admin: bool,
}

impl Changeable {
    /// Reads the user with this id: the caller's own account, or for an admin any.
    pub(crate) async fn read(users: &Users, caller: Caller, id: UserId) -> Result<Self, Error> {
        if caller.id == id {
            let account = caller.account(users).await?;
            return Ok(Self { by_admin: account.is_admin(), user: account.user, caller });
        }
        if !caller.is_admin(users).await? {
            return Err(Error::Forbidden("Only the user and admins may do this"));
        }
        let user = users.get_latest(id).await?.ok_or(Error::NotFound("User"))?;
        Ok(Self { user, caller, by_admin: true })
    }

    /// Refuses a change to `next` for which the caller has no right, or has not signed in recently enough.
    pub(crate) fn allow(&self, next: &UserAttributes) -> Result<(), Error> {
        let now = &self.user.attributes;
        if next.role != now.role && !self.by_admin {
            return Err(Error::Forbidden("Only an admin may set a role"));
        }
        if next.role != now.role || next.email != now.email {
            self.caller.require_recent_sign_in()?;
        }
        Ok(())
    }
}
