use std::io;
use std::path::{Path, PathBuf};

/// The reason why a chore failed. The message says how to fix it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The template cannot be used.
    #[error(transparent)]
    Template(#[from] local::template::LoadError),
    /// The document, an event or a call cannot be read or written as JSON.
    #[error("the OpenAPI document, a recorded event or a recorded call: {0}")]
    Document(#[from] serde_json::Error),
    /// The generated files do not match the code.
    #[error("not what the code says: run `cargo xtask openapi` and commit\n{0}")]
    Drift(String),
    /// The functions' policies grant too much, or too little.
    #[error("{0}")]
    Iam(String),
    /// The token cannot be signed.
    #[error("cannot sign: {0}")]
    Sign(String),
    /// The key of access tokens cannot be replaced.
    #[error(transparent)]
    Rotation(#[from] shared::auth::RotationError),
    /// The secret of a deployment's keys is not given.
    #[error("set ACCESS_TOKEN_SECRET to the deployment's secret: docs/deploying.md says how")]
    NoTokenSecret,
    /// The table cannot be configured.
    #[error(transparent)]
    Config(#[from] shared::config::ConfigError),
    /// A request to DynamoDB failed.
    #[error(transparent)]
    Store(#[from] shared::store::Error),
    /// The data cannot be served.
    #[error(transparent)]
    Start(#[from] local::StartError),
    /// There is no data yet.
    #[error("there is no data in {}: name a table, or another --data-dir", .0.display())]
    NoData(PathBuf),
    /// The administrator could not be created.
    #[error(transparent)]
    Admin(#[from] shared::auth::AdminError),
    /// The administrator's password is invalid.
    #[error("the password {0}")]
    Password(shared::domain::Invalid),
    /// The two entries of the password differ.
    #[error("the two passwords differ")]
    Mistyped,
    /// The password cannot be asked for.
    #[error("set ADMIN_PASSWORD, or run this in a terminal: {0}")]
    Prompt(io::Error),
    /// The async runtime cannot be started.
    #[error("cannot start the async runtime: {0}")]
    Runtime(io::Error),
    /// No function can be started.
    #[error(transparent)]
    Scaffold(#[from] scaffold::Error),
    /// The command runs in another checkout than the one that it was compiled from.
    #[error(
        "this xtask was compiled from {}, and {} has other code: run `cargo xtask` there",
        compiled.display(),
        root.display()
    )]
    OtherCheckout {
        /// The checkout around the current folder.
        root: PathBuf,
        /// The checkout of this code.
        compiled: PathBuf,
    },
}

/// Returns the file's text.
pub(crate) fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

/// Writes the file and creates its folders.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Error> {
    path.parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| std::fs::write(path, text))
        .map_err(|source| Error::Write { path: path.to_owned(), source })
}
