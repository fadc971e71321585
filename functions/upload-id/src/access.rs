//! The rights to see and remove a file.

use shared::auth::Caller;
use shared::domain::File;
use shared::http::Error;
use shared::store::Users;

/// Returns the file if it is the caller's. Another user's file is reported as not found.
pub(crate) async fn own(file: Option<File>, caller: Caller, users: &Users) -> Result<File, Error> {
    match file {
        Some(file) if caller.manages(file.user_id, users).await? => Ok(file),
        _ => Err(Error::NotFound("File")),
    }
}
