//! The rights to see and remove a file.

use shared::auth::Caller;
use shared::domain::File;
use shared::http::Error;

/// Returns the file if it is the caller's. Another user's file is reported as not found.
pub(crate) fn own(file: Option<File>, caller: Caller) -> Result<File, Error> {
    file.filter(|file| caller.manages(file.user_id)).ok_or(Error::NotFound("File"))
}
