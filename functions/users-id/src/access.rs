//! The right to change a user.

use shared::auth::Caller;
use shared::domain::UserId;
use shared::http::Error;

/// Refuses a caller who may not change the user with this id.
pub(crate) fn allow(caller: Caller, id: UserId) -> Result<(), Error> {
    if caller.manages(id) { Ok(()) } else { Err(Error::Forbidden("Only the user and admins may do this")) }
}
