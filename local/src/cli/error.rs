//! The errors of commands.

use std::path::PathBuf;

use super::admin::EnsureError;
use crate::{InvokeError, StartError};

/// The reason why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The stack does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The administrator could not be created.
    #[error(transparent)]
    Admin(#[from] EnsureError),
    /// The invocation failed.
    #[error(transparent)]
    Invoke(#[from] InvokeError),
    /// The invocation failed in the running `local`.
    #[error("{0}")]
    Remote(String),
    /// An operation on a file, a socket or a signal failed.
    #[error("{what}: {source}")]
    Io {
        /// The step that failed.
        what: String,
        /// The reason.
        source: std::io::Error,
    },
    /// Some events failed again.
    #[error("{0}")]
    Redrive(String),
    /// The template has no such schedule.
    #[error("the template has no schedule {0}; it has: {1}")]
    Schedule(String, String),
    /// The event is not JSON.
    #[error("{0} is not JSON: {1}")]
    Event(PathBuf, serde_json::Error),
}
