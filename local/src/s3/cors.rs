//! CORS as a bucket applies `CorsConfiguration`: the first matching rule decides.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html>

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use s3s::Body;

use crate::template::CorsRule;

/// The methods that a rule can allow. S3 refuses preflights for others as malformed.
const METHODS: [&str; 5] = ["GET", "PUT", "POST", "DELETE", "HEAD"];

/// The request headers that influence an answer's headers.
const VARY: &str = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

const NOT_ALLOWED: &str = "CORSResponse: This CORS request is not allowed. This is usually because the evalution of \
                           Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers \
                           are not whitelisted by the resource's CORS spec.";

/// The permission that a page requests.
struct Question<'r> {
    origin: &'r str,
    method: &'r str,
    /// The names of the headers, in lower case.
    headers: Vec<String>,
}

/// Answers an OPTIONS request. S3 treats each of them as a preflight.
pub(super) fn preflight(rules: &[CorsRule], path: &str, request: &HeaderMap) -> http::Response<Body> {
    let Some(origin) = text(request, &header::ORIGIN) else {
        let message = "Insufficient information. Origin request header needed.";
        return refusal_of(StatusCode::BAD_REQUEST, "BadRequest", message, "");
    };
    let method = text(request, &header::ACCESS_CONTROL_REQUEST_METHOD).unwrap_or("null");
    if !METHODS.contains(&method) {
        let message = format!("Invalid Access-Control-Request-Method: {}", printable(method));
        return refusal_of(StatusCode::BAD_REQUEST, "BadRequest", &message, "");
    }
    let question = Question { origin, method, headers: requested_headers(request) };
    let Some(rule) = question.answered_by(rules) else {
        let message =
            if rules.is_empty() { "CORSResponse: CORS is not enabled for this bucket." } else { NOT_ALLOWED };
        let is_object = path.trim_start_matches('/').split_once('/').is_some_and(|(_, key)| !key.is_empty());
        let kind = if is_object { "OBJECT" } else { "BUCKET" };
        let about = format!("<Method>{method}</Method><ResourceType>{kind}</ResourceType>");
        return refusal_of(StatusCode::FORBIDDEN, "AccessForbidden", message, &about);
    };
    let mut response = http::Response::new(Body::empty());
    question.allow(rule, response.headers_mut());
    response
}

/// Refuses a request of a page whose origin no rule names.
///
/// S3 carries out such a request if it is signed, and only hides the answer from the page. Here everybody knows a key.
pub(super) fn refusal(rules: &[CorsRule], request: &HeaderMap) -> Option<http::Response<Body>> {
    let mut origins = request.get_all(header::ORIGIN).iter().map(HeaderValue::to_str);
    let is_allowed = |origin: &str| {
        rules.iter().flat_map(|rule| &rule.allowed_origins).any(|pattern| matches(pattern, origin))
    };
    let is_foreign = !origins.all(|origin| origin.is_ok_and(is_allowed));
    is_foreign.then(|| refusal_of(StatusCode::FORBIDDEN, "AccessForbidden", NOT_ALLOWED, ""))
}

/// Adds the headers that let the origin's page read the answer to `request`, if a rule allows it.
pub(super) fn apply(rules: &[CorsRule], method: &Method, request: &HeaderMap, response: &mut HeaderMap) {
    let Some(origin) = text(request, &header::ORIGIN) else { return };
    let question = Question { origin, method: method.as_str(), headers: requested_headers(request) };
    if let Some(rule) = question.answered_by(rules) {
        question.allow(rule, response);
    }
}

impl Question<'_> {
    fn answered_by<'r>(&self, rules: &'r [CorsRule]) -> Option<&'r CorsRule> {
        rules.iter().find(|rule| {
            rule.allowed_methods.iter().any(|allowed| allowed == self.method)
                && rule.allowed_origins.iter().any(|pattern| matches(pattern, self.origin))
                && self.headers.iter().all(|name| {
                    rule.allowed_headers.iter().any(|pattern| matches(&pattern.to_ascii_lowercase(), name))
                })
        })
    }

    fn allow(&self, rule: &CorsRule, response: &mut HeaderMap) {
        if rule.allowed_origins.iter().any(|allowed| allowed == "*") {
            insert(response, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        } else {
            insert(response, header::ACCESS_CONTROL_ALLOW_ORIGIN, self.origin);
            insert(response, header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        }
        insert(response, header::ACCESS_CONTROL_ALLOW_METHODS, &rule.allowed_methods.join(", "));
        // The requested names are returned, because browsers do not understand the rule's patterns.
        insert(response, header::ACCESS_CONTROL_ALLOW_HEADERS, &self.headers.join(", "));
        insert(response, header::ACCESS_CONTROL_EXPOSE_HEADERS, &rule.exposed_headers.join(", "));
        if let Some(seconds) = rule.max_age {
            insert(response, header::ACCESS_CONTROL_MAX_AGE, &seconds.to_string());
        }
        insert(response, header::VARY, VARY);
    }
}

fn text<'r>(request: &'r HeaderMap, name: &HeaderName) -> Option<&'r str> {
    request.get(name).and_then(|value| value.to_str().ok())
}

fn requested_headers(request: &HeaderMap) -> Vec<String> {
    let names = text(request, &header::ACCESS_CONTROL_REQUEST_HEADERS).unwrap_or_default();
    let names = names.split(',').map(|name| name.trim().to_ascii_lowercase());
    names.filter(|name| !name.is_empty()).collect()
}

fn refusal_of(status: StatusCode, code: &str, message: &str, about: &str) -> http::Response<Body> {
    let mut response = http::Response::new(Body::from(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>{about}</Error>"
    )));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    response
}

/// Returns the method without characters that need escaping in XML.
fn printable(method: &str) -> String {
    method.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect()
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value)
        && !value.is_empty()
    {
        headers.insert(name, value);
    }
}

/// Tells whether `text` matches `pattern`, which may have one `*`.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, end)) => {
            text.len() >= start.len() + end.len() && text.starts_with(start) && text.ends_with(end)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "http://a.test";

    fn list(items: &[&str]) -> Vec<String> {
        items.iter().map(|item| (*item).to_owned()).collect()
    }

    fn rules() -> [CorsRule; 2] {
        let first = CorsRule {
            allowed_origins: list(&[PAGE]),
            allowed_methods: list(&["PUT", "GET"]),
            allowed_headers: list(&["Content-Type", "X-Amz-*"]),
            exposed_headers: list(&["ETag", "x-amz-request-id"]),
            max_age: Some(5),
        };
        let second = CorsRule {
            allowed_origins: list(&["*"]),
            allowed_methods: list(&["PUT"]),
            allowed_headers: list(&["*"]),
            ..CorsRule::default()
        };
        [first, second]
    }

    fn request(headers: &[(&str, &str)]) -> HeaderMap {
        let header = |(name, value): &(&str, &str)| (name.parse().unwrap(), value.parse().unwrap());
        headers.iter().map(header).collect::<Vec<(HeaderName, HeaderValue)>>().into_iter().collect()
    }

    fn asked(origin: &str, method: &str, headers: &str) -> HeaderMap {
        request(&[
            ("origin", origin),
            ("access-control-request-method", method),
            ("access-control-request-headers", headers),
        ])
    }

    fn shown(headers: &HeaderMap) -> Vec<String> {
        let mut lines: Vec<String> =
            headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        lines.sort();
        lines
    }

    #[test]
    fn a_preflight_is_answered_with_what_was_asked_for_and_the_rules_lists() {
        let response = preflight(&rules(), "/files/a", &asked(PAGE, "PUT", "content-type, X-AMZ-date"));
        assert_eq!(response.status(), 200);
        assert_eq!(
            shown(response.headers()),
            [
                "access-control-allow-credentials: true",
                "access-control-allow-headers: content-type, x-amz-date",
                "access-control-allow-methods: PUT, GET",
                "access-control-allow-origin: http://a.test",
                "access-control-expose-headers: ETag, x-amz-request-id",
                "access-control-max-age: 5",
                "vary: Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
            ]
        );
    }

    #[test]
    fn a_rule_that_does_not_allow_a_header_leaves_the_question_to_the_next() {
        let response = preflight(&rules(), "/files/a", &asked(PAGE, "PUT", "traceparent"));
        assert_eq!(
            shown(response.headers()),
            [
                "access-control-allow-headers: traceparent",
                "access-control-allow-methods: PUT",
                "access-control-allow-origin: *",
                "vary: Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
            ]
        );
    }

    #[test]
    fn a_preflight_that_no_rule_answers_is_refused() {
        for (headers, status) in [
            (asked("http://b.test", "GET", ""), 403),
            (asked(PAGE, "GET", "traceparent"), 403),
            (asked(PAGE, "DELETE", ""), 403),
            (asked(PAGE, "PATCH", ""), 400),
            (asked(PAGE, "put", ""), 400),
            (request(&[("origin", PAGE)]), 400),
            (request(&[("access-control-request-method", "PUT")]), 400),
        ] {
            let response = preflight(&rules(), "/files/a", &headers);
            assert_eq!(response.status(), status, "{headers:?}");
            assert_eq!(shown(response.headers()), ["content-type: application/xml"]);
        }
        assert_eq!(preflight(&[], "/files", &asked(PAGE, "GET", "")).status(), 403);
    }

    #[test]
    fn an_answer_says_what_a_preflight_would() {
        let mut response = HeaderMap::new();
        apply(&rules(), &Method::GET, &request(&[("origin", PAGE)]), &mut response);
        assert_eq!(response["access-control-expose-headers"], "ETag, x-amz-request-id");
        assert_eq!(response["access-control-max-age"], "5");
        for headers in [request(&[]), request(&[("origin", "http://b.test")])] {
            let mut response = HeaderMap::new();
            apply(&rules(), &Method::GET, &headers, &mut response);
            assert!(response.is_empty(), "{response:?}");
        }
    }

    #[test]
    fn a_pattern_has_one_star() {
        for (pattern, text, fits) in [
            ("*", "http://a.test", true),
            ("http://a.test", "http://a.test", true),
            ("http://*.a.test", "http://b.a.test", true),
            ("http://*.a.test", "http://a.test", false),
            ("http://a.test", "http://a.test:81", false),
            ("x-amz-*", "x-amz-date", true),
            ("ab*ba", "aba", false),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }
}
