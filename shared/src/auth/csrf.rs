//! Protection against cross-site request forgery: requests that another site's page sends with a user's cookie.

use std::sync::Arc;

use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};

use crate::config::{ConfigError, FromEnv, optional};
use crate::http::Error;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The origins besides the API's own whose pages may use a session.
#[derive(Clone, Debug, Default)]
pub struct AllowedOrigins(Arc<[String]>);

impl FromEnv for AllowedOrigins {
    /// Reads `ALLOWED_ORIGINS`, separated by commas; none if it is not set.
    fn from_env() -> Result<Self, ConfigError> {
        Ok(Self::new(&optional("ALLOWED_ORIGINS").unwrap_or_default()))
    }
}

impl AllowedOrigins {
    /// Allows the origins in `list`, which must match exactly. `*` matches no origin, because it is for requests
    /// without credentials.
    #[must_use]
    pub fn new(list: &str) -> Self {
        Self(list.split(',').filter(|origin| !matches!(*origin, "" | "*")).map(str::to_owned).collect())
    }

    /// Checks that a request with a session's cookie comes from an allowed page, if it changes anything.
    ///
    /// The browser itself sets `Sec-Fetch-Site` (W3C Fetch Metadata) or `Origin` (RFC 6454); no page can. A request
    /// with neither header does not come from a current browser.
    pub fn check(&self, request: &Parts) -> Result<(), Error> {
        let headers = &request.headers;
        let may_send = request.method.is_safe()
            || one(headers, &SEC_FETCH_SITE) == Some("same-origin")
            || one(headers, &ORIGIN).is_some_and(|origin| self.allow(origin, headers));
        if may_send {
            Ok(())
        } else {
            Err(Error::Forbidden(
                "A request with a session cookie must come from a page of the API or of an allowed origin",
            ))
        }
    }

    fn allow(&self, origin: &str, headers: &HeaderMap) -> bool {
        self.0.iter().any(|allowed| allowed == origin) || is_own(origin, headers)
    }
}

/// Tells whether this is the origin at which the client reached the API. The gateway sets the scheme, the browser the
/// host.
fn is_own(origin: &str, headers: &HeaderMap) -> bool {
    let (Some(scheme), Some(host)) = (one(headers, &X_FORWARDED_PROTO), one(headers, &HOST)) else {
        return false;
    };
    origin.split_once("://") == Some((scheme, host))
}

/// Returns the value of a header that occurs exactly once.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    const OWN: &str = "https://api.example.com";

    fn passes(allowed: &str, method: &str, headers: &[(&str, &str)]) -> bool {
        let mut request = Request::builder()
            .method(method)
            .header("host", "api.example.com")
            .header("x-forwarded-proto", "https");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        AllowedOrigins::new(allowed).check(&parts).is_ok()
    }

    #[test]
    fn a_change_comes_from_the_apis_own_pages() {
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            assert!(passes("", method, &[("origin", OWN)]), "{method}");
            assert!(passes("", method, &[("sec-fetch-site", "same-origin")]), "{method}");
            assert!(!passes("", method, &[]), "{method}: no header");
            assert!(!passes("", method, &[("origin", "https://evil.example")]), "{method}");
            for site in ["cross-site", "same-site", "none", "", "same-origin,same-origin"] {
                assert!(!passes("", method, &[("sec-fetch-site", site)]), "{method} {site}");
            }
        }
    }

    #[test]
    fn reading_needs_no_origin() {
        for method in ["GET", "HEAD", "OPTIONS"] {
            assert!(passes(
                "",
                method,
                &[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")]
            ));
        }
    }

    #[test]
    fn an_allowed_origin_is_matched_exactly() {
        let allowed = "https://app.example.com,http://localhost:5173";
        for origin in ["https://app.example.com", "http://localhost:5173"] {
            assert!(
                passes(allowed, "POST", &[("origin", origin), ("sec-fetch-site", "cross-site")]),
                "{origin}"
            );
        }
        for origin in [
            "http://app.example.com",
            "https://app.example.com:444",
            "https://app.example.com.evil.example",
            "https://app.example.com/",
            "https://APP.example.com",
            "https://example.com",
            "https://app.example.com,https://app.example.com",
            "",
            "null",
            "*",
        ] {
            assert!(!passes(allowed, "POST", &[("origin", origin)]), "{origin}");
        }
    }

    #[test]
    fn a_star_allows_nobody() {
        for origin in ["https://app.example.com", "*", "null", ""] {
            assert!(!passes("*", "POST", &[("origin", origin)]), "{origin}");
        }
    }

    #[test]
    fn another_scheme_or_port_or_two_origins_are_not_the_apis_own() {
        for origin in
            ["http://api.example.com", "https://api.example.com:8443", "https://www.example.com", "null"]
        {
            assert!(!passes("", "POST", &[("origin", origin)]), "{origin}");
        }
        assert!(!passes("", "POST", &[("origin", OWN), ("origin", OWN)]));
    }
}
