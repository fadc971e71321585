//! The only DynamoDB table. No other module names the AWS SDK's types for it.
//!
//! Each entity has one file with a narrow store, whose calls are the IAM actions that template.yaml grants to the
//! functions that use it. Every write is a transaction, except the counts of [`RateCounters`]. The cost of every call
//! is counted in [`Cost`](crate::cost::Cost).

#[cfg(feature = "check")]
pub mod check;
mod connection;
mod entities;
mod entity;
mod error;
mod files;
mod idempotency;
mod list;
mod mails;
mod payments;
mod postings;
mod posts;
mod probe;
mod problems;
mod rate_counters;
mod refresh;
mod rows;
mod search;
mod session_items;
mod sessions;
mod sweeps;
mod table;
mod token_keys;
mod transaction;
mod user_items;
mod users;
mod weather;

pub use connection::SecondConnection;
pub use entities::Entities;
pub use error::{Error, Unique};
pub use files::Files;
pub use idempotency::{IDEMPOTENCY_KEY_LIFETIME, IdempotencyRecord, Made};
pub use mails::{Link, Mail, Mails, Outbox};
pub use payments::{Payments, Recorded};
pub use posts::{PostList, Posts};
pub use probe::Probe;
pub use problems::Problems;
pub use rate_counters::RateCounters;
pub use refresh::{REFRESH_LIFETIME, RefreshFamilies, RefreshFamily};
pub use search::ProblemSearch;
pub use session_items::MAX_SESSIONS;
pub use sessions::{ListedSession, SESSION_IDLE_TIMEOUT, SESSION_LIFETIME, Session, SessionToken, Sessions};
pub use sweeps::Sweeps;
pub use table::Table;
pub use token_keys::TokenKeys;
pub use user_items::Credential;
pub use users::Users;
pub use weather::WeatherCache;

use std::future::Future;

/// Retries if another request changed the entity between a read and the write that depends on it.
///
/// `attempt` reads, decides and writes. It is called up to five times, while it ends in [`Error::Stale`].
pub async fn retry_stale<T, E, F>(mut attempt: impl FnMut() -> F) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
    E: IsStale,
{
    for _ in 0..4 {
        match attempt().await {
            Err(error) if error.is_stale() => {}
            done => return done,
        }
    }
    attempt().await
}

/// An error that may mean that the entity changed after it was read.
pub trait IsStale {
    /// Returns true for [`Error::Stale`], even if it is wrapped.
    fn is_stale(&self) -> bool;
}

impl IsStale for Error {
    fn is_stale(&self) -> bool {
        matches!(self, Self::Stale)
    }
}
