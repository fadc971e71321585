//! Step-up authentication: a stolen token or cookie alone does not change whose an account is.

use std::time::Duration;

use super::Caller;
use crate::domain::Timestamp;
use crate::http::Error;

/// The time after a sign-in in which the user may change an address or a role, or remove an account.
pub const STEP_UP_WINDOW: Duration = Duration::from_mins(5);

/// Tells whether a sign-in at this time is recent enough.
pub(super) fn is_recent(signed_in_at: Timestamp, now: Timestamp) -> bool {
    let age = now.as_millis().saturating_sub(signed_in_at.as_millis());
    age < i64::try_from(STEP_UP_WINDOW.as_millis()).unwrap_or(i64::MAX)
}

impl Caller {
    /// Ends in 403 unless the caller has just signed in.
    pub fn require_recent_sign_in(self) -> Result<(), Error> {
        if self.has_just_signed_in { Ok(()) } else { Err(Error::RecentSignInRequired) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_is_recent_for_five_minutes() {
        let at = Timestamp::from_millis(1_800_000_000_000);
        let after = |millis| Timestamp::from_millis(at.as_millis() + millis);
        assert!(is_recent(at, at) && is_recent(at, after(5 * 60 * 1000 - 1)));
        assert!(!is_recent(at, after(5 * 60 * 1000)));
        // Another instance's clock may be ahead.
        assert!(is_recent(after(1000), at));
    }
}
