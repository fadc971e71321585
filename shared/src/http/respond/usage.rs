use std::fmt::Write;
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
        let mut metrics = String::new();
        for (name, Calls { calls, time }) in [("table", table), ("bucket", bucket), ("upstream", upstream)] {
            if calls > 0 {
                // Writing to a `String` cannot fail.
                let _ = write!(metrics, ", {name};dur={:.3}", time.as_secs_f64() * 1000.0);
            }
        }
        metrics
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.cost += other.cost;
        self.timing += other.timing;
    }
}
