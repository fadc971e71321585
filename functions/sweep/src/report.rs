//! The log line of a run.

use std::time::Duration;

use shared::cost::Cost;
use shared::http::chain;
use shared::uploads::Error;

/// The numbers of a run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Objects that were looked at.
    pub(crate) objects: usize,
    /// Removals that were finished.
    pub(crate) removals: usize,
    /// Objects without a file, removed.
    pub(crate) orphans: usize,
    /// Uploads of files that were ready, removed.
    pub(crate) leftovers: usize,
    /// Files of users who are gone, removed.
    pub(crate) of_removed_users: usize,
    /// Objects with keys that this API never gives. They are left alone.
    pub(crate) foreign: usize,
    /// True if the end of the bucket was reached.
    pub(crate) is_complete: bool,
}

impl Report {
    /// Returns the number of files and objects that were removed.
    pub(crate) fn removed(&self) -> usize {
        self.removals + self.orphans + self.leftovers + self.of_removed_users
    }

    pub(crate) fn log(&self, request_id: &str, duration: Duration, cost: Cost, error: Option<&Error>) {
        let Self { objects, removals, orphans, leftovers, of_removed_users, foreign, is_complete } = *self;
        let Cost { calls, rcu, wcu } = cost;
        let duration_ms = duration.as_secs_f64() * 1000.0;
        macro_rules! line {
            ($level:ident, $message:literal $(, $more:ident)*) => {
                tracing::$level!(
                    requestId = request_id,
                    objects,
                    removals,
                    orphans,
                    leftovers,
                    ofRemovedUsers = of_removed_users,
                    foreign,
                    complete = is_complete,
                    durationMs = duration_ms,
                    calls,
                    rcu,
                    wcu,
                    $($more,)*
                    $message
                )
            };
        }
        match error.map(|error| chain(error)) {
            None => line!(info, "swept"),
            Some(error) => line!(error, "failed", error),
        }
    }
}
