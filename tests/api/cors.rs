//! CORS of the API, the stream and the bucket: the headers that scripts of other origins may send and read.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;
use tests::{Answer, App};

const PAGE: &str = "http://localhost:5173";

/// A path of the API's and one of the stream's.
const PATHS: &[&str] = &["/api/health", "/lambda-url/stream/api/stream/posts"];

/// Headers that browser clients send, as their documentation names them: this API's own, those of HTTP clients, of W3C
/// Trace Context and Baggage, and of tracing libraries.
const SENT: &str = "accept, accept-language, authorization, content-type, idempotency-key, if-match, if-modified-since, \
                    if-none-match, if-unmodified-since, \
                    cache-control, pragma, x-correlation-id, x-request-id, x-requested-with, \
                    baggage, traceparent, tracestate, \
                    b3, newrelic, sentry-trace, x-amzn-trace-id, \
                    x-datadog-origin, x-datadog-parent-id, x-datadog-sampling-priority, x-datadog-trace-id";

/// Response headers that need no exposure: scripts can always read them (Fetch, "CORS-safelisted response-header
/// name"), can never read them, or have no use for them because only browsers and caches act on them.
const NOT_TO_BE_EXPOSED: [&str; 12] = [
    "cache-control",
    "content-language",
    "content-length",
    "content-security-policy",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
    "set-cookie",
    "strict-transport-security",
    "vary",
    "x-content-type-options",
];

fn names(list: &str) -> BTreeSet<String> {
    list.split(',').map(|name| name.trim().to_ascii_lowercase()).collect()
}

async fn preflight(app: &App, url: &str, method: &str, headers: &str) -> Answer {
    app.whole_urls()
        .call(Method::OPTIONS, url)
        .header("origin", PAGE)
        .header("access-control-request-method", method)
        .header("access-control-request-headers", headers)
        .await
}

#[tokio::test]
async fn the_api_and_the_stream_have_the_same_rules() {
    let app = App::start().await;
    let mut exposed = Vec::new();
    for path in PATHS.iter().copied() {
        let url = format!("{}{path}", app.stack.url());
        let allowed = preflight(&app, &url, "PATCH", SENT).await;
        assert!(allowed.status < 300, "{allowed:?}");
        assert_eq!(allowed.header("access-control-max-age"), "7200", "{allowed:?}");
        let methods = names(allowed.header("access-control-allow-methods"));
        assert!(methods.is_superset(&names("get, head, post, put, patch, delete")), "{allowed:?}");
        assert_eq!(names(allowed.header("access-control-allow-headers")), names(SENT), "{allowed:?}");

        let answer = app.anonymous().get(path).header("origin", PAGE).await.expect(200);
        for answer in [&allowed, &answer] {
            assert_eq!(answer.header("access-control-allow-origin"), PAGE, "{answer:?}");
            assert_eq!(answer.header("access-control-allow-credentials"), "true", "{answer:?}");
        }
        exposed.push(answer.header("access-control-expose-headers").to_owned());
        let stranger = app.anonymous().get(path).header("origin", "https://evil.example").await.expect(200);
        assert_eq!(stranger.header("access-control-allow-origin"), "", "{stranger:?}");
    }
    assert!(exposed.iter().all(|one| *one == exposed[0]), "{exposed:?}");
}

#[tokio::test]
async fn scripts_can_read_every_documented_header() {
    let mut document: Value = serde_json::from_str(include_str!("../../openapi.json")).unwrap();
    // Components are left out, because their member names are not header names.
    document["components"]["headers"].take();
    let mut documented = BTreeSet::new();
    collect_headers(&document, &mut documented);
    for name in ["allow", "etag", "link", "location", "retry-after", "www-authenticate", "x-request-id"] {
        documented.insert(name.to_owned());
    }
    documented.retain(|name| !NOT_TO_BE_EXPOSED.contains(&&**name));

    let app = App::start().await;
    for path in PATHS.iter().copied() {
        let answer = app.anonymous().get(path).header("origin", PAGE).await.expect(200);
        let exposed = names(answer.header("access-control-expose-headers"));
        let hidden: Vec<_> = documented.difference(&exposed).collect();
        assert!(hidden.is_empty(), "{path}: add to Exposed in template.yaml: {hidden:?}");
    }
}

/// Collects the names of all response headers, in lower case. A schema's property called `headers` is not a header map.
fn collect_headers(node: &Value, found: &mut BTreeSet<String>) {
    match node {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::Object(headers) if name == "headers" && headers.values().all(Value::is_object) => {
                        found.extend(headers.keys().map(|name| name.to_ascii_lowercase()));
                    }
                    _ => collect_headers(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_headers(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_bucket_allows_what_a_presigned_upload_carries() {
    let app = App::start().await;
    let owner = app.caller();
    let file = serde_json::json!({
        "fileName": "a.txt", "contentType": "text/plain", "size": 3,
        "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    });
    let presigned = owner.post("/api/upload/presign", &file).await.expect(201);
    let signed: Vec<String> = presigned.json()["headers"].as_object().unwrap().keys().cloned().collect();
    let sent = format!("{}, {SENT}", signed.join(", "));
    let allowed = preflight(&app, &presigned.text("/url"), "PUT", &sent).await.expect(200);
    assert_eq!(allowed.header("access-control-allow-origin"), PAGE);
    assert_eq!(names(allowed.header("access-control-allow-headers")), names(&sent));
    assert_eq!(allowed.header("access-control-max-age"), "7200");
    let exposed = names(allowed.header("access-control-expose-headers"));
    assert!(exposed.is_superset(&names("etag, content-disposition, content-range, x-amz-request-id")));
    preflight(&app, &presigned.text("/url"), "DELETE", "").await.expect(403);
}
