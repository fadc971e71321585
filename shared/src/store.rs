//! The one DynamoDB table: the only place that names the AWS SDK's types.
//!
//! One file an entity, each a narrow store whose calls are the IAM actions that template.yaml grants
//! to the functions that use it. Every write is a transaction, but for the counts of [`RateCounters`]; every call's cost is
//! counted in [`Cost`](crate::cost::Cost).

#[cfg(feature = "check")]
pub mod check;
mod connection;
mod error;
mod files;
mod idempotency;
mod list;
mod payments;
mod postings;
mod posts;
mod problems;
mod rate_counters;
mod refresh;
mod search;
mod sessions;
mod table;
mod transaction;
mod users;
mod weather;

pub use error::{Error, Unique};
pub use files::Files;
pub use idempotency::{IDEMPOTENCY_KEY_LIFETIME, IdempotencyRecord, Made};
pub use payments::{Payments, Recorded};
pub use posts::{PostList, Posts};
pub use problems::Problems;
pub use rate_counters::RateCounters;
pub use refresh::{FamilyId, REFRESH_LIFETIME, RefreshFamilies, RefreshFamily};
pub use search::ProblemSearch;
pub use sessions::{SESSION_IDLE_TIMEOUT, SESSION_LIFETIME, Session, SessionId, Sessions};
pub use table::Table;
pub use users::{Credential, Users};
pub use weather::WeatherCache;

use std::future::Future;

/// Tries again when somebody else changed the entity between a read and the write that built on it.
///
/// `attempt` reads, decides and writes; it is called up to five times as long as it ends in [`Error::Stale`].
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

/// Whether an error means that what was read is no longer what is stored.
pub trait IsStale {
    /// True for [`Error::Stale`], however it is wrapped.
    fn is_stale(&self) -> bool;
}

impl IsStale for Error {
    fn is_stale(&self) -> bool {
        matches!(self, Self::Stale)
    }
}
