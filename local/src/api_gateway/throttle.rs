//! The limits of `DefaultRouteSettings`: a bucket of `burst` tokens that fills at `rate` a second.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::template::Throttling;

/// The token bucket of one API.
#[derive(Debug)]
pub(crate) struct Bucket {
    limits: Throttling,
    state: Mutex<(f64, Instant)>,
}

impl Bucket {
    pub(crate) fn new(limits: Throttling, now: Instant) -> Self {
        Self { limits, state: Mutex::new((limits.burst, now)) }
    }

    /// Takes a token for a request at `now`. Returns `false` if none is left.
    pub(crate) fn take(&self, now: Instant) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = now.saturating_duration_since(state.1).as_secs_f64();
        let tokens = (state.0 + elapsed * self.limits.rate).min(self.limits.burst);
        let passes = tokens >= 1.0;
        *state = (if passes { tokens - 1.0 } else { tokens }, now);
        passes
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let start = Instant::now();
        let bucket = Bucket::new(Throttling { rate: 10.0, burst: 2.0 }, start);
        let passes: Vec<bool> = [0, 0, 0, 100, 110, 1_000, 1_000, 1_000]
            .iter()
            .map(|ms| bucket.take(start + Duration::from_millis(*ms)))
            .collect();
        assert_eq!(passes, [true, true, false, true, false, true, true, false]);
    }
}
