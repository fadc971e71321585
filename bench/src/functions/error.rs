use std::path::PathBuf;

use crate::document;

/// The reason why the measurement failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0}: {1}")]
    Io(PathBuf, std::io::Error),
    #[error("the local services: {0}")]
    Start(#[from] local::StartError),
    #[error(transparent)]
    Config(#[from] shared::config::ConfigError),
    #[error("the account of the events: {0}")]
    Account(String),
    #[error("no function is called {0}")]
    NoFunction(String),
    #[error("{0} is not built; `make bench` and `make bench-peers` build what they measure")]
    NotBuilt(PathBuf),
    #[error("{0}: {1}")]
    Event(PathBuf, serde_json::Error),
    #[error("{0}: {1}")]
    Process(String, std::io::Error),
    #[error("{0} ended instead of answering")]
    Ended(String),
    #[error("the meter in front of DynamoDB: {0}")]
    Meter(std::io::Error),
    #[error("{0} failed: {1}")]
    Failed(String, String),
    #[error("{0}: status {1} instead of {2}")]
    Status(String, u64, u64),
    #[error("{0} has no {1}; the measurement needs Linux")]
    NoReading(PathBuf, &'static str),
    #[error("the endpoint with TLS: {0}")]
    Endpoint(std::io::Error),
    #[error("the share of a processor: {0}")]
    Share(std::io::Error),
    #[error("valgrind counted no instructions of {0}")]
    NoInstructions(String),
    #[error("more than docs/performance.md says:\n{}", .0.join("\n"))]
    Grown(Vec<String>),
    #[error("--check compares measurements of the plain setting")]
    NothingToCheck,
    #[error("docs/performance.md does not say what {0} takes")]
    Unknown(String),
    #[error(transparent)]
    Document(#[from] document::Error),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}
