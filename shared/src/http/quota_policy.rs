use crate::config::{ConfigError, optional};

/// The number of requests of a kind that a client may send in a window of time, before [`Scale`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaPolicy {
    pub(super) name: &'static str,
    pub(super) quota: u32,
    pub(super) window_seconds: u32,
    pub(super) outage: Outage,
}

/// The treatment of a request that cannot be counted, because DynamoDB is throttling or out of reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outage {
    /// The request is allowed: the limit protects the service, not a secret.
    LetThrough,
    /// The request is refused with 503, because uncounted requests would permit guessing.
    Refuse,
}

use Outage::{LetThrough, Refuse};

#[rustfmt::skip]
impl QuotaPolicy {
    /// Attempts to sign in, by account: the normalised e-mail address, even if no user has it.
    pub const LOGIN: Self = Self { name: "login", quota: 5, window_seconds: 60, outage: Refuse };
    /// Attempts to sign in, by [`SourceAddress`](super::SourceAddress).
    pub const LOGIN_ADDRESS: Self = Self { name: "login-address", quota: 20, window_seconds: 60, outage: Refuse };
    /// Registrations, by [`SourceAddress`](super::SourceAddress).
    pub const REGISTER: Self = Self { name: "register", quota: 10, window_seconds: 3600, outage: LetThrough };
    /// Mails that somebody asks for, by the normalised address to which they go, even if no user has it.
    pub const MAIL: Self = Self { name: "mail", quota: 5, window_seconds: 3600, outage: LetThrough };
    /// Mails that somebody asks for without signing in, by [`SourceAddress`](super::SourceAddress).
    pub const MAIL_ADDRESS: Self = Self { name: "mail-address", quota: 20, window_seconds: 3600, outage: LetThrough };
    /// Changes of any kind, by the caller's id.
    pub const WRITE: Self = Self { name: "write", quota: 60, window_seconds: 60, outage: LetThrough };
    /// Requests for the weather, by [`SourceAddress`](super::SourceAddress).
    pub const WEATHER: Self = Self { name: "weather", quota: 60, window_seconds: 60, outage: LetThrough };

    /// All policies.
    pub const ALL: [Self; 7] = [
        Self::LOGIN,
        Self::LOGIN_ADDRESS,
        Self::REGISTER,
        Self::MAIL,
        Self::MAIL_ADDRESS,
        Self::WRITE,
        Self::WEATHER,
    ];
}

/// The factor of every quota: `RateLimitScale` of template.yaml.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale(f64);

impl Scale {
    const NAME: &'static str = "RATE_LIMIT_SCALE";

    /// Reads the scale from `RATE_LIMIT_SCALE`; 1 if it is not set.
    pub(super) fn from_env() -> Result<Self, ConfigError> {
        optional(Self::NAME).map_or(Ok(Self(1.0)), |text| Self::parse(&text))
    }

    /// Parses a scale: a number above 0.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        match text.trim().parse() {
            Ok(scale) if scale > 0.0 && f64::is_finite(scale) => Ok(Self(scale)),
            _ => Err(ConfigError::Invalid {
                name: Self::NAME,
                reason: "it must be a number above 0".to_owned(),
            }),
        }
    }

    /// Returns `quota`, scaled; at least 1.
    pub(super) fn of(self, quota: u32) -> u32 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float that is too large becomes the largest quota"
        )]
        let scaled = (f64::from(quota) * self.0).round() as u32;
        scaled.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_policies_differ() {
        let names: std::collections::HashSet<&str> =
            QuotaPolicy::ALL.iter().map(|policy| policy.name).collect();
        assert_eq!(names.len(), QuotaPolicy::ALL.len());
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
}
