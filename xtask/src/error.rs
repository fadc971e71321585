use std::io;
use std::path::{Path, PathBuf};

/// Why a chore was not done; says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file that can not be read.
    #[error("can not read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that can not be written.
    #[error("can not write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The template can not be used.
    #[error(transparent)]
    Template(#[from] local::template::LoadError),
    /// The document or an event can not be read or written as JSON.
    #[error("the OpenAPI document, or a recorded event: {0}")]
    Document(#[from] serde_json::Error),
    /// Generated files are not what the code says.
    #[error("not what the code says: run `cargo xtask openapi` and commit\n{0}")]
    Drift(String),
    /// Nothing can be signed.
    #[error("can not sign: {0}")]
    Sign(String),
    /// There is no such table, or nothing leads there.
    #[error(transparent)]
    Config(#[from] shared::config::ConfigError),
    /// DynamoDB does not answer.
    #[error(transparent)]
    Store(#[from] shared::store::Error),
    /// The data can not be served.
    #[error(transparent)]
    Start(#[from] local::StartError),
    /// Nothing was run yet.
    #[error("there is no data in {}: name a table, or another --data-dir", .0.display())]
    NoData(PathBuf),
    /// There is no administrator.
    #[error(transparent)]
    Admin(#[from] shared::auth::AdminError),
    /// The administrator's password can not be one.
    #[error("the password {0}")]
    Password(shared::domain::Invalid),
    /// The password was typed in two ways.
    #[error("these are two passwords, not one")]
    Mistyped,
    /// Nobody can be asked for a password.
    #[error("set ADMIN_PASSWORD, or run this in a terminal: {0}")]
    Prompt(io::Error),
    /// The machine gives no event loop.
    #[error("can not wait for the network: {0}")]
    Runtime(io::Error),
    /// No function can be started under this name.
    #[error("{0}")]
    Name(String),
}

/// The file's text.
pub(crate) fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

/// Writes the file, and the folders that it is in.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Error> {
    path.parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| std::fs::write(path, text))
        .map_err(|source| Error::Write { path: path.to_owned(), source })
}
