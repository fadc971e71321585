//! The `RateLimit-Policy` and `RateLimit` fields of answers (draft-ietf-httpapi-ratelimit-headers-11).

use std::cell::RefCell;
use std::fmt::Write;
use std::future::Future;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

tokio::task_local! {
    static SERVICE_LIMITS: RefCell<Vec<ServiceLimit>>;
}

/// The current service limit under a quota policy, once the request is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ServiceLimit {
    /// The policy's name.
    pub(super) policy: &'static str,
    /// The number of requests in a window.
    pub(super) quota: u32,
    /// The length of a window.
    pub(super) window_seconds: u32,
    /// The number of requests that are left in this window.
    pub(super) remaining: u32,
    /// The time until this window ends, rounded up.
    pub(super) reset_seconds: u32,
}

impl ServiceLimit {
    /// Runs `work` and returns the service limits under the policies that counted its request.
    pub(super) async fn of<F: Future>(work: F) -> (F::Output, Vec<Self>) {
        SERVICE_LIMITS
            .scope(RefCell::default(), async {
                let output = work.await;
                (output, SERVICE_LIMITS.with(RefCell::take))
            })
            .await
    }

    /// Adds this to the answer to the current request. Outside of [`of`](Self::of) it has no effect.
    #[cfg(feature = "store")]
    pub(super) fn show(self) {
        let _ = SERVICE_LIMITS.try_with(|limits| limits.borrow_mut().push(self));
    }
}

/// Adds both fields to an answer whose request was counted.
pub(super) fn insert(headers: &mut HeaderMap, service_limits: &[ServiceLimit]) {
    if service_limits.is_empty() {
        return;
    }
    let (mut policies, mut limits) = (String::new(), String::new());
    for (n, limit) in service_limits.iter().enumerate() {
        let ServiceLimit { policy, quota, window_seconds, remaining, reset_seconds } = limit;
        let separator = if n == 0 { "" } else { ", " };
        let _ = write!(policies, r#"{separator}"{policy}";q={quota};w={window_seconds}"#);
        let _ = write!(limits, r#"{separator}"{policy}";r={remaining};t={reset_seconds}"#);
    }
    for (name, value) in [(RATE_LIMIT_POLICY, policies), (RATE_LIMIT, limits)] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_lists_of_strings_with_parameters() {
        let account =
            ServiceLimit { policy: "login", quota: 5, window_seconds: 60, remaining: 3, reset_seconds: 42 };
        let address = ServiceLimit { policy: "login-address", quota: 20, remaining: 0, ..account };
        let mut headers = HeaderMap::new();
        insert(&mut headers, &[address, account]);
        assert_eq!(headers["ratelimit-policy"], r#""login-address";q=20;w=60, "login";q=5;w=60"#);
        assert_eq!(headers["ratelimit"], r#""login-address";r=0;t=42, "login";r=3;t=42"#);
    }

    #[test]
    fn a_request_that_nobody_counted_has_no_fields() {
        let mut headers = HeaderMap::new();
        insert(&mut headers, &[]);
        assert!(headers.is_empty());
    }
}
