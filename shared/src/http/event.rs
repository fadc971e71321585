//! Sanitises events for `lambda_http`, which builds a URL from an event and panics if the URL is invalid.

use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_http::http::header::HOST;
use lambda_http::http::{HeaderValue, Uri};
use lambda_http::request::LambdaRequest;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

/// The characters that need no encoding in a path: RFC 3986, `pchar` and the slash.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// The same for a path that arrives encoded.
const ENCODED_PATH: &AsciiSet = &PATH.remove(b'%');

/// The characters that need no encoding in a query, which arrives encoded: RFC 3986, `query`, and the percent sign.
const QUERY: &AsciiSet = &ENCODED_PATH.remove(b'?');

/// The longest path and query together. API Gateway's limit is far lower.
const MAX_URI_BYTES: usize = 60_000;

/// Encodes the path again, because an HTTP API decodes it and a Function URL passes it on as sent, and removes a host
/// that is invalid in a URL.
pub(super) fn sanitise(request: &mut LambdaRequest) {
    // `apigw_http` is the only trigger with which this crate builds `lambda_http`. Function URLs share its format.
    if let LambdaRequest::ApiGatewayV2(request) = request {
        sanitise_format_2(request);
    }
}

fn sanitise_format_2(request: &mut ApiGatewayV2httpRequest) {
    let raw_path = request.raw_path.take().unwrap_or_default();
    let kept = if is_from_function_url(request) { ENCODED_PATH } else { PATH };
    let mut path = utf8_percent_encode(without_stage(&raw_path, request), kept).to_string();
    if !path.starts_with('/') {
        path.insert(0, '/');
    }
    let mut query =
        utf8_percent_encode(request.raw_query_string.as_deref().unwrap_or_default(), QUERY).to_string();
    if path.len() + query.len() > MAX_URI_BYTES {
        (path, query) = ("/".to_owned(), String::new());
    }
    if let Some(cookies) = &mut request.cookies {
        // `lambda_http` would drop all cookies because of one that is not a valid header value.
        cookies.retain(|cookie| HeaderValue::from_str(cookie).is_ok());
    }
    if !has_usable_host(request, &path) {
        request.headers.remove(HOST);
        request.request_context.domain_name = None;
    }
    // `lambda_http` would prefix the path with the stage.
    request.request_context.stage = None;
    request.raw_path = Some(path);
    request.raw_query_string = Some(query);
}

/// Tells whether the request came to a host `<id>.lambda-url.<region>.on.aws`.
fn is_from_function_url(request: &ApiGatewayV2httpRequest) -> bool {
    let domain_name = request.request_context.domain_name.as_deref().unwrap_or_default();
    let host = domain_name.strip_suffix(".on.aws").and_then(|host| host.rsplit_once('.'));
    host.is_some_and(|(host, _region)| host.ends_with(".lambda-url"))
}

/// Returns the path below the stage. The stage `$default` is not a part of the path.
fn without_stage<'a>(path: &'a str, request: &ApiGatewayV2httpRequest) -> &'a str {
    let stage = request.request_context.stage.as_deref().unwrap_or_default();
    path.strip_prefix('/')
        .and_then(|path| path.strip_prefix(stage))
        .filter(|rest| !stage.is_empty() && (rest.is_empty() || rest.starts_with('/')))
        .unwrap_or(path)
}

/// Tells whether `lambda_http` can build a URL from the request's scheme and host.
fn has_usable_host(request: &ApiGatewayV2httpRequest, path: &str) -> bool {
    let text = |name| request.headers.get(name).and_then(|value| value.to_str().ok());
    let Some(host) = text("host").or(request.request_context.domain_name.as_deref()) else { return true };
    let scheme = text("x-forwarded-proto").unwrap_or("https");
    Url::parse(&format!("{scheme}://{host}{path}"))
        .is_ok_and(|url| Uri::try_from(url.as_str()).is_ok_and(|uri| uri.path() == url.path()))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use lambda_http::Body;
    use proptest::prelude::*;

    use super::*;

    const API: &str = "api.example.com";

    fn converted(path: &str, query: &str, host: &str, stage: &str) -> Request<Body> {
        at_domain(API, path, query, host, stage)
    }

    fn at_domain(domain_name: &str, path: &str, query: &str, host: &str, stage: &str) -> Request<Body> {
        let event = serde_json::json!({
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
            "headers": {"host": host}, "isBase64Encoded": false,
            "requestContext": {"stage": stage, "domainName": domain_name, "http": {"method": "GET"}},
        });
        let mut request: LambdaRequest = serde_json::from_value(event).unwrap();
        sanitise(&mut request);
        request.into()
    }

    #[test]
    fn a_decoded_path_is_one_path_again() {
        for (path, encoded) in [
            ("/api/users/a b", "/api/users/a%20b"),
            ("/api/users/100%", "/api/users/100%25"),
            ("/api/users/a?b#c", "/api/users/a%3Fb%23c"),
            ("/api/users/%2F", "/api/users/%252F"),
            ("/api/users/\0", "/api/users/%00"),
            ("/api/users/é", "/api/users/%C3%A9"),
            ("", "/"),
        ] {
            assert_eq!(converted(path, "", "api.example.com", "$default").uri().path(), encoded);
        }
    }

    #[test]
    fn a_function_urls_path_stays_as_it_was_sent() {
        let path = |domain_name, path| {
            at_domain(domain_name, path, "", domain_name, "$default").uri().path().to_owned()
        };
        let url = "abc123.lambda-url.eu-central-1.on.aws";
        for (sent, kept) in [
            ("/api/a%20b", "/api/a%20b"),
            ("/api/%2F", "/api/%2F"),
            ("/api/100%", "/api/100%"),
            ("/api/%zz", "/api/%zz"),
            ("/api/a b", "/api/a%20b"),
            ("/api/é", "/api/%C3%A9"),
            ("/", "/"),
        ] {
            assert_eq!(path(url, sent), kept);
        }
        for other in [API, "lambda-url.eu-central-1.on.aws", "x.lambda-url.on.aws", "x.lambda-url.a.b.on.aws"]
        {
            assert_eq!(path(other, "/api/a%20b"), "/api/a%2520b", "{other}");
        }
    }

    #[test]
    fn a_cookie_that_no_header_can_carry_hides_no_other_one() {
        let event = serde_json::json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": "",
            "cookies": ["a=1", "b=\u{7f}", "c=\n", "d=Zo\u{eb}", "e"], "headers": {}, "isBase64Encoded": false,
            "requestContext": {"http": {"method": "GET"}},
        });
        let mut request: LambdaRequest = serde_json::from_value(event).unwrap();
        sanitise(&mut request);
        let request: Request<Body> = request.into();
        assert_eq!(request.headers()["cookie"].as_bytes(), "a=1; d=Zo\u{eb}; e".as_bytes());
    }

    #[test]
    fn the_stage_is_no_part_of_the_path() {
        let path = |path, stage| converted(path, "", "api.example.com", stage).uri().path().to_owned();
        assert_eq!(path("/prod/api/users", "prod"), "/api/users");
        assert_eq!(path("/production/api", "prod"), "/production/api");
        assert_eq!(path("/prod", "prod"), "/");
    }

    proptest! {
        #[test]
        fn no_event_panics(path in "\\PC*|/.*", query in "\\PC*", host in "[ -~]*", stage in ".*") {
            for domain_name in [API, "abc123.lambda-url.eu-central-1.on.aws"] {
                let request = at_domain(domain_name, &path, &query, &host, &stage);
                prop_assert!(request.uri().path().starts_with('/'));
            }
        }
    }
}
