//! Why a command fails.

use std::path::PathBuf;

use super::admin::EnsureError;
use crate::{InvokeError, StartError};

/// Why the command failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The stack does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// There is no administrator.
    #[error(transparent)]
    Admin(#[from] EnsureError),
    /// The function did.
    #[error("{}", .0.payload())]
    Invoke(#[from] InvokeError),
    /// The function did, in the running `local`.
    #[error("{0}")]
    Remote(String),
    /// A file, a socket, a signal.
    #[error("{what}: {source}")]
    Io {
        /// The step that failed.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The event.
    #[error("{0} is not JSON: {1}")]
    Event(PathBuf, serde_json::Error),
}
