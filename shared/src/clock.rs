//! The only source of the time, so that tests can set it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use time::OffsetDateTime;

use crate::config::{ConfigError, FromEnv};
use crate::domain::Timestamp;

/// A clock: the system's, or one that a test sets. Clones of a test's clock share its time.
#[derive(Clone, Debug, Default)]
pub struct Clock(Source);

#[derive(Clone, Debug, Default)]
enum Source {
    #[default]
    System,
    /// Milliseconds since the Unix epoch.
    Set(Arc<AtomicI64>),
}

impl FromEnv for Clock {
    fn from_env() -> Result<Self, ConfigError> {
        Ok(Self::system())
    }
}

impl Clock {
    /// Returns the system's wall clock.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// Returns a clock that stands at `at` until it is [advanced](Self::advance).
    #[must_use]
    pub fn set_to(at: Timestamp) -> Self {
        Self(Source::Set(Arc::new(AtomicI64::new(at.as_millis()))))
    }

    /// Returns the current time, to the millisecond.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
            Source::System => Timestamp::from(OffsetDateTime::now_utc()),
            Source::Set(millis) => Timestamp::from_millis(millis.load(Ordering::Relaxed)),
        }
    }

    /// Moves a test's clock forward. Has no effect on the system's clock.
    pub fn advance(&self, by: Duration) {
        if let Source::Set(millis) = &self.0 {
            millis.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::Relaxed);
        }
    }
}
