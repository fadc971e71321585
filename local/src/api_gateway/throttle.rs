//! The limits of `DefaultRouteSettings`: each route has a bucket of `burst` tokens that fills at `rate` a second.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html>

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::template::Throttling;

/// The token buckets of one API.
#[derive(Debug)]
pub(crate) struct Buckets {
    limits: Throttling,
    /// The tokens of each route, by its key, and the time at which they were counted.
    by_route: Mutex<HashMap<String, (f64, Instant)>>,
}

impl Buckets {
    pub(crate) fn new(limits: Throttling) -> Self {
        Self { limits, by_route: Mutex::default() }
    }

    /// Takes a token for a request to a route at `now`. Returns `false` if none is left.
    pub(crate) fn take(&self, route: String, now: Instant) -> bool {
        let mut buckets = self.by_route.lock().unwrap_or_else(PoisonError::into_inner);
        let (tokens, counted) = buckets.entry(route).or_insert((self.limits.burst, now));
        let elapsed = now.saturating_duration_since(*counted).as_secs_f64();
        *tokens = (*tokens + elapsed * self.limits.rate).min(self.limits.burst);
        *counted = now;
        let passes = *tokens >= 1.0;
        if passes {
            *tokens -= 1.0;
        }
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
        let buckets = Buckets::new(Throttling { rate: 10.0, burst: 2.0 });
        let passes: Vec<bool> = [0, 0, 0, 100, 110, 1_000, 1_000, 1_000]
            .iter()
            .map(|ms| buckets.take("GET /a".to_owned(), start + Duration::from_millis(*ms)))
            .collect();
        assert_eq!(passes, [true, true, false, true, false, true, true, false]);
        assert!(buckets.take("GET /b".to_owned(), start), "another route");
    }
}
