use std::io;
use std::path::PathBuf;

/// The reason why nothing was written; it says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command does not run in a checkout.
    #[error("{} is in no checkout of this workspace: run this where template.yaml and functions/ are", .0.display())]
    NoCheckout(PathBuf),
    /// The current folder is unknown.
    #[error("cannot tell the current folder: {0}")]
    CurrentDir(io::Error),
    /// The arguments name nothing that can be made.
    #[error("{0}")]
    Name(String),
    /// A file that all functions share is not as expected.
    #[error("{}: no line like `{anchor}`, by which the new lines find their place; nothing is written", path.display())]
    Anchor {
        /// The file.
        path: PathBuf,
        /// The text that was looked for.
        anchor: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Functions cannot be removed.
    #[error("{0}")]
    Removal(String),
    /// A command of cargo's failed.
    #[error("`{command}` failed: {reason}")]
    Cargo {
        /// The command.
        command: String,
        /// Its output, or the reason why it did not start.
        reason: String,
    },
}
