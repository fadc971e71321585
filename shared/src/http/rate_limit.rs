//! Rate limits: how many requests of a kind somebody may send in a window of time.
//!
//! The constants of [`QuotaPolicy`] are the one table of limits. A handler names the policy and whom it counts:
//!
//! ```text
//! State(limits): State<RateLimits>,                              // a field of Deps: RateLimits::from_env()?
//! address: SourceAddress,                                        // whom the gateway got the request from
//!
//! limits.take(QuotaPolicy::WRITE, caller.id).await?;             // 429, or goes on
//!
//! limits.take(QuotaPolicy::LOGIN_ADDRESS, address).await?;       // first: an address that is denied
//! limits.take(QuotaPolicy::LOGIN, email.normalised()).await?;    // uses up no account
//! ```
//!
//! The answer then carries the `RateLimit` fields, whatever it is. The function needs, in template.yaml,
//! `RATE_LIMIT_SCALE: !Ref RateLimitScale` and `dynamodb:UpdateItem` on `RATE#<policy>#*`.
//!
//! Each request that is counted is one write, an `ADD` outside of every transaction: it holds whether or not
//! what follows succeeds. Windows are fixed, so that somebody can use two windows' quotas around the end of one.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::Error;
use super::quota_policy::{Outage, QuotaPolicy, Scale};
use super::rate_limit_fields::ServiceLimit;
use crate::clock::Clock;
use crate::config::ConfigError;
use crate::domain::Timestamp;
use crate::store::{Error as StoreError, RateCounters, Table};

/// The limits of a function. Clones share what they know.
#[derive(Clone, Debug)]
pub struct RateLimits {
    counters: RateCounters,
    clock: Clock,
    scale: Scale,
    denied: Arc<Mutex<Denied>>,
}

impl RateLimits {
    /// The limits that are counted in the table that the environment names, scaled by `RATE_LIMIT_SCALE`.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self::new(&Table::from_env()?, Clock::system(), Scale::from_env()?))
    }

    /// The limits that are counted in `table`.
    #[must_use]
    pub fn new(table: &Table, clock: Clock, scale: Scale) -> Self {
        Self { counters: RateCounters::new(table), clock, scale, denied: Arc::default() }
    }

    /// Counts the request under way against what `policy` grants `key`, and goes on or ends in 429.
    ///
    /// `key` is whom the policy counts. It is known by its SHA-256 alone, in the table and in the log.
    pub async fn take(&self, policy: QuotaPolicy, key: impl fmt::Display) -> Result<(), Error> {
        let now = self.clock.now();
        let quota = self.scale.of(policy.quota);
        let key = Key::new(policy, &key.to_string());
        let end = key.window_end(policy, now);
        let limit = |remaining| ServiceLimit {
            policy: policy.name,
            quota,
            window_seconds: policy.window_seconds,
            remaining,
            reset_seconds: seconds_until(end, now),
        };
        if self.denied().contains(&key, now) {
            return Err(refuse(limit(0)));
        }
        let count = match self.counters.add(policy.name, &key.to_string(), end).await {
            Ok(count) => count,
            Err(StoreError::Unavailable(cause)) if policy.outage == Outage::LetThrough => {
                let error = super::respond::chain(&*cause);
                tracing::warn!(policy = policy.name, error, "a request went on without being counted");
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        if count > u64::from(quota) {
            self.denied().insert(key, end, now);
            return Err(refuse(limit(0)));
        }
        limit(quota - u32::try_from(count).unwrap_or(quota)).show();
        Ok(())
    }

    fn denied(&self) -> std::sync::MutexGuard<'_, Denied> {
        self.denied.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refuse(limit: ServiceLimit) -> Error {
    limit.show();
    Error::RateLimited { policy: limit.policy, retry_after_seconds: limit.reset_seconds }
}

/// Whom a policy counts: the hash of its name and of who it is, so that neither address nor e-mail stands anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key([u8; 32]);

impl Key {
    fn new(policy: QuotaPolicy, key: &str) -> Self {
        Self(Sha256::new().chain_update(policy.name).chain_update([0]).chain_update(key).finalize().into())
    }

    /// The end of the window that `now` is in.
    ///
    /// Each key's windows begin at another second, so that those who wait for the next do not come all at once.
    fn window_end(&self, policy: QuotaPolicy, now: Timestamp) -> Timestamp {
        let window = i64::from(policy.window_seconds) * 1000;
        let [a, b, c, d, ..] = self.0;
        let phase = i64::from(u32::from_be_bytes([a, b, c, d]) % policy.window_seconds) * 1000;
        let begun = (now.as_millis() - phase).rem_euclid(window);
        Timestamp::from_millis(now.as_millis() - begun + window)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Rounded up, and so never 0: a window's end is in the next one.
fn seconds_until(end: Timestamp, now: Timestamp) -> u32 {
    u32::try_from((end.as_millis() - now.as_millis() + 999) / 1000).unwrap_or(u32::MAX)
}

/// Who is denied until when: a flood of their requests costs no writes.
#[derive(Debug, Default)]
struct Denied(HashMap<Key, Timestamp>);

impl Denied {
    /// Most keys that are remembered, in about 300 KB. Beyond it some are counted again, and denied again.
    const MAX: usize = 4096;

    fn contains(&self, key: &Key, now: Timestamp) -> bool {
        self.0.get(key).is_some_and(|end| now < *end)
    }

    fn insert(&mut self, key: Key, end: Timestamp, now: Timestamp) {
        if self.0.len() >= Self::MAX {
            self.0.retain(|_, end| now < *end);
        }
        if self.0.len() < Self::MAX {
            self.0.insert(key, end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_shows_nothing_of_whom_it_counts_and_is_its_policys_own() {
        let key = Key::new(QuotaPolicy::LOGIN, "ada@example.com");
        assert_eq!(key.to_string().len(), 64);
        assert!(!format!("{key} {key:?}").contains("ada"));
        assert_ne!(key, Key::new(QuotaPolicy::LOGIN_ADDRESS, "ada@example.com"));
    }

    #[test]
    fn a_window_holds_the_moment_it_is_asked_for_and_is_followed_by_the_next() {
        let key = Key::new(QuotaPolicy::WRITE, "somebody");
        let now = Timestamp::from_millis(1_795_190_400_500);
        let end = key.window_end(QuotaPolicy::WRITE, now);
        assert!((1..=60).contains(&seconds_until(end, now)));
        let last = Timestamp::from_millis(end.as_millis() - 1);
        assert_eq!((key.window_end(QuotaPolicy::WRITE, last), seconds_until(end, last)), (end, 1));
        let next = key.window_end(QuotaPolicy::WRITE, end);
        assert_eq!((next.as_millis() - end.as_millis(), seconds_until(next, end)), (60_000, 60));
    }

    #[test]
    fn who_is_denied_is_forgotten_when_the_window_ends_and_there_are_never_too_many() {
        let mut denied = Denied::default();
        let at = Timestamp::from_millis;
        let key = |n: usize| Key::new(QuotaPolicy::WRITE, &n.to_string());
        for n in 0..Denied::MAX + 10 {
            denied.insert(key(n), at(1000), at(0));
        }
        assert_eq!(denied.0.len(), Denied::MAX);
        assert!(denied.contains(&key(0), at(999)) && !denied.contains(&key(0), at(1000)));
        denied.insert(key(Denied::MAX), at(2000), at(1000));
        assert_eq!(denied.0.len(), 1);
        assert!(denied.contains(&key(Denied::MAX), at(1000)));
    }
}
