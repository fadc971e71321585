//! CORS as the HTTP API applies `CorsConfiguration`: preflights are answered here, and the `access-control-*` headers
//! of functions are replaced.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html>

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use crate::lambda::response::Response;
use crate::template::Cors;

/// A CORS configuration with its headers prepared.
#[derive(Clone, Debug)]
pub struct CorsPolicy {
    origins: Vec<String>,
    any_origin: bool,
    credentials: bool,
    methods: Option<HeaderValue>,
    headers: Option<HeaderValue>,
    expose: Option<HeaderValue>,
    max_age: Option<HeaderValue>,
}

impl CorsPolicy {
    /// Prepares a template's configuration.
    #[must_use]
    pub fn new(cors: &Cors) -> Self {
        let joined = |items: &[String]| {
            if items.is_empty() { None } else { HeaderValue::from_str(&items.join(",")).ok() }
        };
        Self {
            any_origin: cors.allow_origins.iter().any(|origin| origin == "*"),
            origins: cors.allow_origins.iter().map(|origin| origin.to_ascii_lowercase()).collect(),
            credentials: cors.allow_credentials,
            methods: joined(&cors.allow_methods),
            headers: joined(&cors.allow_headers),
            expose: joined(&cors.expose_headers),
            max_age: cors.max_age.map(HeaderValue::from),
        }
    }

    /// Answers a preflight. Returns `None` if the request is not one, so that it goes to its route.
    ///
    /// An origin that is not allowed gets 204 as well, without any of the headers.
    #[must_use]
    pub(crate) fn preflight(&self, method: &Method, request: &HeaderMap) -> Option<Response> {
        let is_preflight = method == Method::OPTIONS
            && request.contains_key(header::ORIGIN)
            && request.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if !is_preflight {
            return None;
        }
        let mut response = Response::default();
        *response.status_mut() = StatusCode::NO_CONTENT;
        let allowed = self.allowed_origin(request);
        let headers = response.headers_mut();
        self.vary(headers);
        if let Some(origin) = allowed {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            for (name, value) in [
                (header::ACCESS_CONTROL_ALLOW_METHODS, &self.methods),
                (header::ACCESS_CONTROL_ALLOW_HEADERS, &self.headers),
                (header::ACCESS_CONTROL_EXPOSE_HEADERS, &self.expose),
                (header::ACCESS_CONTROL_MAX_AGE, &self.max_age),
            ] {
                if let Some(value) = value {
                    headers.insert(name, value.clone());
                }
            }
            self.allow_credentials(headers);
        }
        Some(response)
    }

    /// Replaces the function's own CORS headers on an HTTP API's answer to any request but a preflight.
    pub(crate) fn replace(&self, request: &HeaderMap, response: &mut HeaderMap) {
        let own: Vec<HeaderName> =
            response.keys().filter(|name| name.as_str().starts_with("access-control-")).cloned().collect();
        for name in own {
            response.remove(name);
        }
        self.add(request, response);
    }

    /// Adds the headers to the function's own, as a Function URL does. A browser refuses an answer that has a header
    /// twice.
    pub(crate) fn add(&self, request: &HeaderMap, response: &mut HeaderMap) {
        self.vary(response);
        if let Some(origin) = self.allowed_origin(request) {
            response.append(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            if let Some(expose) = &self.expose {
                response.append(header::ACCESS_CONTROL_EXPOSE_HEADERS, expose.clone());
            }
            self.allow_credentials(response);
        }
    }

    fn allowed_origin(&self, request: &HeaderMap) -> Option<HeaderValue> {
        let origin = request.get(header::ORIGIN)?;
        if self.any_origin {
            return Some(HeaderValue::from_static("*"));
        }
        let text = origin.to_str().ok()?.to_ascii_lowercase();
        self.origins
            .iter()
            .any(|allowed| match allowed.strip_suffix('*') {
                // `https://*` is the only pattern besides `*`.
                Some(scheme) => scheme.ends_with("://") && text.starts_with(scheme),
                None => *allowed == text,
            })
            .then(|| origin.clone())
    }

    fn allow_credentials(&self, headers: &mut HeaderMap) {
        if self.credentials {
            headers.append(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
    }

    /// Adds `Vary`, which tells caches that the answer depends on the origin, even if the request named none.
    fn vary(&self, headers: &mut HeaderMap) {
        let names_origin = |value: &HeaderValue| {
            value.to_str().is_ok_and(|text| {
                text.split(',').any(|name| name.trim() == "*" || name.trim().eq_ignore_ascii_case("origin"))
            })
        };
        if !self.any_origin && !headers.get_all(header::VARY).iter().any(names_origin) {
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(origins: &[&str], credentials: bool) -> CorsPolicy {
        let list = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
        CorsPolicy::new(&Cors {
            allow_origins: list(origins),
            allow_methods: list(&["GET", "POST"]),
            allow_headers: list(&["Content-Type"]),
            expose_headers: list(&["ETag"]),
            allow_credentials: credentials,
            max_age: Some(7200),
        })
    }

    fn request(headers: &[(&str, &str)]) -> HeaderMap {
        headers
            .iter()
            .map(|(name, value)| {
                (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
            })
            .collect()
    }

    fn shown(headers: &HeaderMap) -> Vec<String> {
        let mut lines: Vec<String> =
            headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        lines.sort();
        lines
    }

    #[test]
    fn a_preflight_is_answered_for_an_allowed_origin() {
        let request = request(&[("origin", "http://a.test"), ("access-control-request-method", "POST")]);
        let response = policy(&["http://a.test"], true).preflight(&Method::OPTIONS, &request).unwrap();
        assert_eq!(response.status(), 204);
        assert_eq!(
            shown(response.headers()),
            [
                "access-control-allow-credentials: true",
                "access-control-allow-headers: Content-Type",
                "access-control-allow-methods: GET,POST",
                "access-control-allow-origin: http://a.test",
                "access-control-expose-headers: ETag",
                "access-control-max-age: 7200",
                "vary: Origin",
            ]
        );
    }

    #[test]
    fn a_strange_origin_gets_204_and_nothing_else() {
        for origin in ["http://b.test", "http://a.test.evil", "null", "http://a.test:8080"] {
            let request = request(&[("origin", origin), ("access-control-request-method", "POST")]);
            let response = policy(&["http://a.test"], true).preflight(&Method::OPTIONS, &request).unwrap();
            assert_eq!(
                (response.status().as_u16(), shown(response.headers())),
                (204, vec!["vary: Origin".to_owned()])
            );
        }
    }

    #[test]
    fn options_without_the_two_headers_is_no_preflight() {
        let policy = policy(&["*"], false);
        for headers in [&[][..], &[("origin", "http://a.test")], &[("access-control-request-method", "GET")]]
        {
            assert!(policy.preflight(&Method::OPTIONS, &request(headers)).is_none());
        }
        let both = request(&[("origin", "http://a.test"), ("access-control-request-method", "GET")]);
        assert!(policy.preflight(&Method::GET, &both).is_none());
    }

    #[test]
    fn a_functions_own_headers_are_replaced() {
        let mut response =
            request(&[("access-control-allow-origin", "*"), ("vary", "Accept"), ("etag", "x")]);
        policy(&["http://a.test"], false).replace(&request(&[("origin", "http://b.test")]), &mut response);
        assert_eq!(shown(&response), ["etag: x", "vary: Accept", "vary: Origin"]);
        policy(&["http://a.test"], false).replace(&request(&[("origin", "http://a.test")]), &mut response);
        assert_eq!(
            shown(&response),
            [
                "access-control-allow-origin: http://a.test",
                "access-control-expose-headers: ETag",
                "etag: x",
                "vary: Accept",
                "vary: Origin",
            ]
        );
    }

    #[test]
    fn any_origin_is_a_star_that_does_not_vary() {
        let mut response = HeaderMap::new();
        policy(&["*"], false).replace(&request(&[("origin", "http://b.test")]), &mut response);
        assert_eq!(
            shown(&response),
            ["access-control-allow-origin: *", "access-control-expose-headers: ETag"]
        );
    }

    // Captured on AWS: powertools-lambda-python#4163.
    #[test]
    fn a_function_url_adds_to_a_functions_own_headers() {
        let mut response = request(&[("access-control-allow-origin", "*"), ("etag", "x")]);
        policy(&["http://a.test"], true).add(&request(&[("origin", "http://a.test")]), &mut response);
        assert_eq!(
            shown(&response),
            [
                "access-control-allow-credentials: true",
                "access-control-allow-origin: *",
                "access-control-allow-origin: http://a.test",
                "access-control-expose-headers: ETag",
                "etag: x",
                "vary: Origin",
            ]
        );
    }
}
