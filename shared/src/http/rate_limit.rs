//! Rate limits: the number of requests of a kind that a client may send in a window of time.
//!
//! The constants of [`QuotaPolicy`] are the only table of limits. A handler names the policy and the key that is
//! counted:
//!
//! ```text
//! State(limits): State<RateLimits>,                              // a field of Deps
//! address: SourceAddress,                                        // the address that the gateway saw
//!
//! limits.take(QuotaPolicy::WRITE, caller.id).await?;             // ends in 429 over the limit
//!
//! limits.take_from(QuotaPolicy::LOGIN_ADDRESS, address).await?;  // first, so that a denied address
//! limits.take(QuotaPolicy::LOGIN, email.normalised()).await?;    // does not use up an account's quota
//! ```
//!
//! Every answer then carries the `RateLimit` fields. In template.yaml the function needs `RATE_LIMIT_SCALE: !Ref
//! RateLimitScale` and `dynamodb:UpdateItem` on `RATE#<policy>#*`.
//!
//! Each counted request is one write, an `ADD` outside of every transaction, so it counts whether the request succeeds
//! or not. A request from an IPv6 address is three writes, one for each of its networks. Windows are fixed, so a client
//! can use the quotas of two windows around the end of one.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::Error;
use super::quota_policy::{Outage, QuotaPolicy, Scale};
use super::rate_limit_fields::ServiceLimit;
use super::source_address::SourceAddress;
use crate::clock::Clock;
use crate::config::{ConfigError, FromEnv};
use crate::domain::Timestamp;
use crate::store::{Error as StoreError, RateCounters, Table};

/// The limits of a function. Clones share their state.
#[derive(Clone, Debug)]
pub struct RateLimits {
    counters: RateCounters,
    clock: Clock,
    scale: Scale,
    denied: Arc<Mutex<Denied>>,
}

impl FromEnv for RateLimits {
    /// Counts in the table that the environment names, with the scale in `RATE_LIMIT_SCALE`.
    fn from_env() -> Result<Self, ConfigError> {
        Ok(Self::new(&Table::from_env()?, Clock::system(), Scale::from_env()?))
    }
}

impl RateLimits {
    /// Counts in `table`.
    #[must_use]
    pub fn new(table: &Table, clock: Clock, scale: Scale) -> Self {
        Self { counters: RateCounters::new(table), clock, scale, denied: Arc::default() }
    }

    /// Counts the current request of `key` under `policy`. Ends in 429 if the quota is used up.
    ///
    /// Table and log contain only the SHA-256 of `key`.
    pub async fn take(&self, policy: QuotaPolicy, key: impl fmt::Display) -> Result<(), Error> {
        if let Some(limit) = self.count(policy, &key.to_string(), 1).await? {
            limit.show();
        }
        Ok(())
    }

    /// Does the same for the source address and, if it is an IPv6 address, for each of its networks, from the smallest:
    /// a request that one denies does not count for the larger ones, which other clients share. Shows the limit that
    /// leaves the fewest requests.
    pub async fn take_from(&self, policy: QuotaPolicy, address: SourceAddress) -> Result<(), Error> {
        let mut limits = Vec::new();
        for (name, multiple) in address.counted() {
            limits.extend(self.count(policy, &name, multiple).await?);
        }
        if let Some(limit) = limits.into_iter().min_by_key(|limit| limit.remaining) {
            limit.show();
        }
        Ok(())
    }

    /// Counts a request, and returns the limit unless the request could not be counted.
    async fn count(
        &self,
        policy: QuotaPolicy,
        key: &str,
        multiple: u32,
    ) -> Result<Option<ServiceLimit>, Error> {
        let now = self.clock.now();
        let quota = self.scale.of(policy.quota).saturating_mul(multiple);
        let key = Key::new(policy, key);
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
                tracing::warn!(policy = policy.name, error, "a request was allowed without being counted");
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        if count > u64::from(quota) {
            self.denied().insert(key, end, now);
            return Err(refuse(limit(0)));
        }
        Ok(Some(limit(quota - u32::try_from(count).unwrap_or(quota))))
    }

    fn denied(&self) -> std::sync::MutexGuard<'_, Denied> {
        self.denied.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refuse(limit: ServiceLimit) -> Error {
    limit.show();
    Error::RateLimited { policy: limit.policy, retry_after_seconds: limit.reset_seconds }
}

/// The key of a counter: the hash of the policy's name and of the counted key, so that neither client addresses nor
/// e-mail addresses are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key([u8; 32]);

impl Key {
    fn new(policy: QuotaPolicy, key: &str) -> Self {
        Self(Sha256::new().chain_update(policy.name).chain_update([0]).chain_update(key).finalize().into())
    }

    /// Returns the end of the window that contains `now`.
    ///
    /// The windows of each key begin at a different second, so that waiting clients do not return all at once.
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

/// Returns the seconds until the window ends, rounded up. They are never 0, because a window's end belongs to the next
/// one.
fn seconds_until(end: Timestamp, now: Timestamp) -> u32 {
    u32::try_from((end.as_millis() - now.as_millis() + 999) / 1000).unwrap_or(u32::MAX)
}

/// The denied keys with the end of their windows. A flood of denied requests costs no writes.
#[derive(Debug, Default)]
struct Denied(HashMap<Key, Timestamp>);

impl Denied {
    /// The maximum number of keys, in about 300 KB. Beyond it some keys are counted again, and denied again.
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
