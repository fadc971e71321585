use std::path::PathBuf;

use local::dynamodb::TableError;
use local::template::LoadError;

use crate::document;

/// The reason why the measurement failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0}: {1}")]
    Io(PathBuf, std::io::Error),
    #[error(transparent)]
    Template(#[from] LoadError),
    #[error(transparent)]
    Table(#[from] TableError),
    #[error(transparent)]
    Config(#[from] shared::config::ConfigError),
    #[error("{0}: {1}")]
    Store(&'static str, shared::store::Error),
    #[error("the embedded database: {0}")]
    Database(String),
    #[error("{0} is not {1}")]
    Content(String, shared::domain::Invalid),
    #[error(transparent)]
    Document(#[from] document::Error),
    #[error("{0} changed nothing, or found another number of things than there are")]
    Answer(&'static str),
}
