//! The wall clock, which the gateway reads where API Gateway does.

use time::OffsetDateTime;

/// Returns the current time in UTC.
#[expect(
    clippy::disallowed_methods,
    reason = "the gateway stamps events and deadlines with real time; functions take theirs from a clock"
)]
pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Returns the milliseconds since 1970.
pub(crate) fn epoch_millis(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}
