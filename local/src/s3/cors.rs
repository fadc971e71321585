//! CORS as a bucket does it from `CorsConfiguration`: the first rule that fits decides.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html>

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use s3s::Body;

use crate::template::CorsRule;

/// What an answer's headers depend on.
const VARY: &str = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

/// The answer to a preflight.
pub(super) fn preflight(rules: &[CorsRule], request: &HeaderMap) -> http::Response<Body> {
    let text = |name: HeaderName| request.get(name).and_then(|value| value.to_str().ok());
    let origin = text(header::ORIGIN).unwrap_or_default();
    let method = text(header::ACCESS_CONTROL_REQUEST_METHOD).unwrap_or_default();
    let headers = text(header::ACCESS_CONTROL_REQUEST_HEADERS).unwrap_or_default();
    let rule = rule(rules, origin, method).filter(|rule| {
        headers.split(',').map(str::trim).filter(|name| !name.is_empty()).all(|name| {
            let name = name.to_ascii_lowercase();
            rule.allowed_headers.iter().any(|pattern| matches(&pattern.to_ascii_lowercase(), &name))
        })
    });
    let Some(rule) = rule else {
        let mut response = http::Response::new(Body::from(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessForbidden</Code><Message>CORSResponse: \
             This CORS request is not allowed.</Message></Error>"
                .to_owned(),
        ));
        *response.status_mut() = StatusCode::FORBIDDEN;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        return response;
    };
    let mut response = http::Response::new(Body::empty());
    allow(rule, origin, response.headers_mut());
    insert(response.headers_mut(), header::ACCESS_CONTROL_ALLOW_HEADERS, headers);
    if let Some(seconds) = rule.max_age {
        insert(response.headers_mut(), header::ACCESS_CONTROL_MAX_AGE, &seconds.to_string());
    }
    response
}

/// Lets the origin's page read the answer, if a rule does.
pub(super) fn apply(rules: &[CorsRule], method: &Method, origin: &HeaderValue, response: &mut HeaderMap) {
    if let Ok(origin) = origin.to_str()
        && let Some(rule) = rule(rules, origin, method.as_str())
    {
        allow(rule, origin, response);
    }
}

fn rule<'r>(rules: &'r [CorsRule], origin: &str, method: &str) -> Option<&'r CorsRule> {
    rules.iter().find(|rule| {
        rule.allowed_methods.iter().any(|allowed| allowed == method)
            && rule.allowed_origins.iter().any(|pattern| matches(pattern, origin))
    })
}

fn allow(rule: &CorsRule, origin: &str, headers: &mut HeaderMap) {
    if rule.allowed_origins.iter().any(|allowed| allowed == "*") {
        insert(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    } else {
        insert(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        insert(headers, header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
    insert(headers, header::ACCESS_CONTROL_ALLOW_METHODS, &rule.allowed_methods.join(", "));
    insert(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, &rule.exposed_headers.join(", "));
    insert(headers, header::VARY, VARY);
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value)
        && !value.is_empty()
    {
        headers.insert(name, value);
    }
}

/// Whether `text` is `pattern`, which may have one `*`.
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
