//! The wall clock, which the gateway reads where API Gateway does.

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// AWS's times in events.
const MILLISECONDS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// AWS's times of whole seconds.
const SECONDS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

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

/// Returns a time in UTC as `2026-11-27T09:30:00.000Z`.
pub(crate) fn with_milliseconds(at: OffsetDateTime) -> String {
    at.format(MILLISECONDS).unwrap_or_default()
}

/// Returns a time in UTC as `2026-11-27T09:30:00Z`.
pub(crate) fn with_seconds(at: OffsetDateTime) -> String {
    at.format(SECONDS).unwrap_or_default()
}
