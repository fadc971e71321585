use std::future::Future;
use std::ops::AddAssign;

use crate::cost::Cost;
use crate::timing::{Calls, Timing};

/// The capacity and the time that the calls of one request took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Usage {
    pub(super) cost: Cost,
    pub(super) timing: Timing,
}

impl Usage {
    /// Runs `work` and returns the usage of its calls.
    pub(super) async fn of<F: Future>(work: F) -> (F::Output, Self) {
        let ((output, timing), cost) = Cost::of(Timing::of(work)).await;
        (output, Self { cost, timing })
    }

    /// Returns the metrics of `Server-Timing` for the services that were called, each after a comma.
    pub(super) fn server_timing(&self) -> String {
        let Timing { table, bucket, upstream, .. } = self.timing;
        let called = [("table", table), ("bucket", bucket), ("upstream", upstream)];
        let called = called.into_iter().filter(|(_, Calls { calls, .. })| *calls > 0);
        called
            .map(|(name, Calls { time, .. })| format!(", {name};dur={:.3}", time.as_secs_f64() * 1000.0))
            .collect()
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.cost += other.cost;
        self.timing += other.timing;
    }
}
