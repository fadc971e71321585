//! Rate limits: how many requests of a kind somebody may send in a window of time.
//!
//! [`Policy`]'s constants are the one table of limits. A handler names the policy and whom it counts:
//!
//! ```text
//! State(limits): State<RateLimits>,                              // a field of Deps: RateLimits::from_env()?
//! address: SourceAddress,                                        // whom the gateway got the request from
//!
//! limits.take(Policy::WRITE, caller.id).await?;                  // 429, or goes on
//!
//! limits.take(Policy::LOGIN_ADDRESS, address).await?;            // first: an address that is denied
//! limits.take(Policy::LOGIN, email.normalised()).await?;         // uses up no account
//! ```
//!
//! The answer then carries the `RateLimit` fields, whatever it is. The function needs, in template.yaml,
//! `RATE_LIMIT_SCALE: !Ref RateLimitScale` and `dynamodb:UpdateItem` on `RATE#<policy>#*`.
//!
//! Each request that is counted is one write, an `ADD` outside of every transaction: it holds whether or not
//! what follows succeeds. Windows are fixed, so that somebody can use two windows' quotas around the end of one.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use lambda_http::request::RequestContext;
use sha2::{Digest, Sha256};

use super::Error;
use super::rate_limit_fields::Standing;
use crate::clock::Clock;
use crate::config::{ConfigError, optional};
use crate::domain::Timestamp;
use crate::store::{Error as StoreError, Rates, Table};

/// How many requests of a kind one may send in a window of time, before [`Scale`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    name: &'static str,
    quota: u32,
    window_seconds: u32,
    outage: Outage,
}

/// What becomes of a request that can not be counted, because DynamoDB is throttling or out of reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outage {
    /// It is let through: the limit protects the service, not a secret.
    LetThrough,
    /// It is refused with 503: uncounted, anybody could guess on.
    Refuse,
}

use Outage::{LetThrough, Refuse};

#[rustfmt::skip]
impl Policy {
    /// Tries of a password, by account: the normalised e-mail address, whether anybody has it or not.
    pub const LOGIN: Self = Self { name: "login", quota: 5, window_seconds: 60, outage: Refuse };
    /// Signing in, by [`SourceAddress`].
    pub const LOGIN_ADDRESS: Self = Self { name: "login-address", quota: 20, window_seconds: 60, outage: Refuse };
    /// Registering, by [`SourceAddress`].
    pub const REGISTER: Self = Self { name: "register", quota: 10, window_seconds: 3600, outage: LetThrough };
    /// Changing anything, by the caller's id.
    pub const WRITE: Self = Self { name: "write", quota: 60, window_seconds: 60, outage: LetThrough };
    /// Asking for the weather, by [`SourceAddress`].
    pub const WEATHER: Self = Self { name: "weather", quota: 60, window_seconds: 60, outage: LetThrough };

    /// All of them.
    pub const ALL: [Self; 5] = [Self::LOGIN, Self::LOGIN_ADDRESS, Self::REGISTER, Self::WRITE, Self::WEATHER];
}

/// The limits of a function. Clones share what they know.
#[derive(Clone, Debug)]
pub struct RateLimits {
    rates: Rates,
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
        Self { rates: Rates::new(table), clock, scale, denied: Arc::default() }
    }

    /// Counts the request under way against what `policy` grants `key`, and goes on or ends in 429.
    ///
    /// `key` is whom the policy counts. It is known by its SHA-256 alone, in the table and in the log.
    pub async fn take(&self, policy: Policy, key: impl fmt::Display) -> Result<(), Error> {
        let now = self.clock.now();
        let quota = self.scale.of(policy.quota);
        let key = Key::new(policy, &key.to_string());
        let end = key.window_end(policy, now);
        let standing = |remaining| Standing {
            policy: policy.name,
            quota,
            window_seconds: policy.window_seconds,
            remaining,
            reset_seconds: seconds_until(end, now),
        };
        if self.denied().contains(&key, now) {
            return Err(refuse(standing(0)));
        }
        let count = match self.rates.add(policy.name, &key.to_string(), end).await {
            Ok(count) => count,
            Err(StoreError::Unavailable(cause)) if policy.outage == LetThrough => {
                let error = super::respond::chain(&*cause);
                tracing::warn!(policy = policy.name, error, "a request went on without being counted");
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        if count > u64::from(quota) {
            self.denied().insert(key, end, now);
            return Err(refuse(standing(0)));
        }
        standing(quota - u32::try_from(count).unwrap_or(quota)).show();
        Ok(())
    }

    fn denied(&self) -> std::sync::MutexGuard<'_, Denied> {
        self.denied.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refuse(standing: Standing) -> Error {
    standing.show();
    Error::RateLimited { policy: standing.policy, retry_after_seconds: standing.reset_seconds }
}

/// What every quota is multiplied by: `RateLimitScale` of template.yaml.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale(f64);

impl Scale {
    const NAME: &'static str = "RATE_LIMIT_SCALE";

    /// The scale in `RATE_LIMIT_SCALE`; 1 where it is not set.
    fn from_env() -> Result<Self, ConfigError> {
        optional(Self::NAME).map_or(Ok(Self(1.0)), |text| Self::parse(&text))
    }

    /// The scale that `text` says: a number above 0.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        match text.trim().parse() {
            Ok(scale) if scale > 0.0 && f64::is_finite(scale) => Ok(Self(scale)),
            _ => Err(ConfigError::Invalid {
                name: Self::NAME,
                reason: "it must be a number above 0".to_owned(),
            }),
        }
    }

    /// `quota`, scaled; one request at least.
    fn of(self, quota: u32) -> u32 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float that is too large becomes the largest quota"
        )]
        let scaled = (f64::from(quota) * self.0).round() as u32;
        scaled.max(1)
    }
}

/// Where a request came from, as the gateway saw it; `X-Forwarded-For` is the client's to write.
///
/// An IPv6 address is its first 64 bits: one client has all addresses of its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceAddress(Option<IpAddr>);

impl SourceAddress {
    fn parse(text: &str) -> Self {
        let network = |address: IpAddr| match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        };
        Self(text.parse().ok().map(network))
    }
}

impl fmt::Display for SourceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => address.fmt(f),
            // The gateway always says it. Those of whom it did not would share one quota.
            None => f.write_str("unknown"),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for SourceAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let address = match parts.extensions.get() {
            Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref(),
            _ => None,
        };
        Ok(Self::parse(address.unwrap_or_default()))
    }
}

/// Whom a policy counts: the hash of its name and of who it is, so that neither address nor e-mail stands anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key([u8; 32]);

impl Key {
    fn new(policy: Policy, key: &str) -> Self {
        Self(Sha256::new().chain_update(policy.name).chain_update([0]).chain_update(key).finalize().into())
    }

    /// The end of the window that `now` is in.
    ///
    /// Each key's windows begin at another second, so that those who wait for the next do not come all at once.
    fn window_end(&self, policy: Policy, now: Timestamp) -> Timestamp {
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
    fn the_names_of_policies_differ() {
        let names: std::collections::HashSet<&str> = Policy::ALL.iter().map(|policy| policy.name).collect();
        assert_eq!(names.len(), Policy::ALL.len());
    }

    #[test]
    fn a_scale_multiplies_quotas_and_leaves_one_request_at_least() {
        for (scale, quota, scaled) in
            [("1", 60, 60), ("0.5", 5, 3), ("0.01", 5, 1), ("1000", 60, 60_000), ("1e300", 60, u32::MAX)]
        {
            assert_eq!(Scale::parse(scale).unwrap().of(quota), scaled, "{scale} x {quota}");
        }
        for wrong in ["", "0", "-1", "many", "NaN", "inf"] {
            Scale::parse(wrong).unwrap_err();
        }
    }

    #[test]
    fn a_source_address_is_a_host_or_the_network_of_one() {
        for (given, counted) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
            ("2001:db8:1:3::1", "2001:db8:1:3::"),
            ("", "unknown"),
            ("192.0.2.7, 192.0.2.8", "unknown"),
        ] {
            assert_eq!(SourceAddress::parse(given).to_string(), counted);
        }
    }

    #[tokio::test]
    async fn a_spoofed_header_gains_nothing() {
        let address = async |forwarded: &str| {
            let event = serde_json::json!({
                "version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": "",
                "headers": {"host": "localhost", "x-forwarded-for": forwarded, "forwarded": "for=192.0.2.1"},
                "requestContext": {"http": {"method": "GET", "sourceIp": "192.0.2.7"}}, "isBase64Encoded": false,
            });
            let request: lambda_http::request::LambdaRequest = serde_json::from_value(event).unwrap();
            let (mut parts, _) = axum::http::Request::from(request).into_parts();
            SourceAddress::from_request_parts(&mut parts, &()).await.unwrap().to_string()
        };
        for forwarded in ["", "192.0.2.1", "192.0.2.1, 192.0.2.7"] {
            assert_eq!(address(forwarded).await, "192.0.2.7");
        }
    }

    #[test]
    fn a_key_shows_nothing_of_whom_it_counts_and_is_its_policys_own() {
        let key = Key::new(Policy::LOGIN, "ada@example.com");
        assert_eq!(key.to_string().len(), 64);
        assert!(!format!("{key} {key:?}").contains("ada"));
        assert_ne!(key, Key::new(Policy::LOGIN_ADDRESS, "ada@example.com"));
    }

    #[test]
    fn a_window_holds_the_moment_it_is_asked_for_and_is_followed_by_the_next() {
        let key = Key::new(Policy::WRITE, "somebody");
        let now = Timestamp::from_millis(1_795_190_400_500);
        let end = key.window_end(Policy::WRITE, now);
        assert!((1..=60).contains(&seconds_until(end, now)));
        let last = Timestamp::from_millis(end.as_millis() - 1);
        assert_eq!((key.window_end(Policy::WRITE, last), seconds_until(end, last)), (end, 1));
        let next = key.window_end(Policy::WRITE, end);
        assert_eq!((next.as_millis() - end.as_millis(), seconds_until(next, end)), (60_000, 60));
    }

    #[test]
    fn who_is_denied_is_forgotten_when_the_window_ends_and_there_are_never_too_many() {
        let mut denied = Denied::default();
        let at = Timestamp::from_millis;
        let key = |n: usize| Key::new(Policy::WRITE, &n.to_string());
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
