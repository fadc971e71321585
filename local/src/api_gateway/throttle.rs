//! The limits of routes: each route has a bucket of `burst` tokens that fills at `rate` a second.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html>

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::template::{Route, Throttling};

/// The token buckets of one API.
#[derive(Debug, Default)]
pub(crate) struct Buckets {
    /// The tokens of each route, by its key, and the time at which they were counted.
    by_route: Mutex<HashMap<String, (f64, Instant)>>,
}

impl Buckets {
    /// Takes a token for a request to a route at `now`. Returns `false` if none is left.
    pub(crate) fn take(&self, route: &Route, now: Instant) -> bool {
        let Some(Throttling { rate, burst }) = route.throttling else { return true };
        let mut buckets = self.by_route.lock().unwrap_or_else(PoisonError::into_inner);
        let (tokens, counted) = buckets.entry(route.key()).or_insert((burst, now));
        let elapsed = now.saturating_duration_since(*counted).as_secs_f64();
        *tokens = (*tokens + elapsed * rate).min(burst);
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
        let route = |path: &str, throttling| Route {
            method: "GET".to_owned(),
            path: path.to_owned(),
            function: String::new(),
            timeout: Duration::ZERO,
            throttling,
            line: 1,
        };
        let limits = Some(Throttling { rate: 10.0, burst: 2.0 });
        let buckets = Buckets::default();
        let passes: Vec<bool> = [0, 0, 0, 100, 110, 1_000, 1_000, 1_000]
            .iter()
            .map(|ms| buckets.take(&route("/a", limits), start + Duration::from_millis(*ms)))
            .collect();
        assert_eq!(passes, [true, true, false, true, false, true, true, false]);
        assert!(buckets.take(&route("/b", limits), start), "another route");
        assert!((0..9).all(|_| buckets.take(&route("/c", None), start)), "a route without limits");
    }
}
