use serde_json::{Value, json};
use time::macros::datetime;

use super::*;
use crate::api_gateway::routes::Router;
use crate::template::Route;

fn event(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Value {
    event_in(Stage::default(), method, target, headers, body)
}

fn event_in(stage: Stage, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Value {
    let router = Router::new(
        &[
            Route {
                method: "ANY".to_owned(),
                path: "/api/users/{id}".to_owned(),
                function: "users-id".to_owned(),
                timeout: crate::template::MAX_INTEGRATION_TIMEOUT,
                throttling: None,
                line: 1,
            },
            Route {
                method: "ANY".to_owned(),
                path: "$default".to_owned(),
                function: "fallback".to_owned(),
                timeout: crate::template::MAX_INTEGRATION_TIMEOUT,
                throttling: None,
                line: 2,
            },
        ],
        stage,
    );
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            http::HeaderValue::from_bytes(value.as_bytes()).unwrap(),
        );
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = cut_path(decode_path(path).unwrap());
    let found = router.find(method, &path).unwrap();
    let incoming = Incoming {
        method,
        path: &path,
        query,
        protocol: "HTTP/1.1",
        headers: &map,
        body,
        source: IpAddr::from([127, 0, 0, 1]),
        local: SocketAddr::from(([127, 0, 0, 1], 3000)),
        request_id: "request-1",
        trace_id: "Root=1-0-0",
        at: datetime!(2026-11-20 08:05:03.25 UTC),
    };
    serde_json::from_slice(&build(Via::Route(found.stage, found.route, &found.parameters), &incoming))
        .unwrap()
}

// The paths were captured on AWS: powertools-lambda-python#621, aws-lambda-rust-runtime#668.
#[test]
fn a_named_stage_is_in_the_paths_and_has_its_variables() {
    let stage = Stage {
        name: Some("prod".to_owned()),
        variables: BTreeMap::from([("colour".to_owned(), "blue".to_owned())]),
    };
    let event = event_in(stage, "GET", "/prod/api/users/1", &[], b"");
    assert_eq!(event["routeKey"], "ANY /api/users/{id}");
    assert_eq!(event["rawPath"], "/prod/api/users/1");
    assert_eq!(event["requestContext"]["http"]["path"], "/prod/api/users/1");
    assert_eq!(event["requestContext"]["stage"], "prod");
    assert_eq!(event["stageVariables"], json!({"colour": "blue"}));
}

// `content-length` in a request without a body: from the fixtures of aws-lambda-rust-runtime, captured on AWS.
#[test]
fn a_whole_event_has_the_shape_of_format_2() {
    let event = event(
        "POST",
        "/api/users/a%20b?x=1&x=2&y=%26",
        &[
            ("Host", "example.test:3000"),
            ("User-Agent", "t"),
            ("Cookie", "a=1; b=2"),
            ("X-Two", "1"),
            ("X-Two", "2"),
        ],
        b"",
    );
    assert_eq!(
        event,
        json!({
            "version": "2.0",
            "routeKey": "ANY /api/users/{id}",
            "rawPath": "/api/users/a b",
            "rawQueryString": "x=1&x=2&y=%26",
            "cookies": ["a=1", "b=2"],
            "headers": {
                "content-length": "0",
                "host": "example.test:3000",
                "user-agent": "t",
                "x-amzn-trace-id": "Root=1-0-0",
                "x-forwarded-for": "127.0.0.1",
                "x-forwarded-port": "3000",
                "x-forwarded-proto": "http",
                "x-two": "1,2",
            },
            "queryStringParameters": {"x": "1,2", "y": "&"},
            "requestContext": {
                "accountId": "000000000000",
                "apiId": "local",
                "domainName": "example.test",
                "domainPrefix": "example",
                "http": {
                    "method": "POST",
                    "path": "/api/users/a b",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "127.0.0.1",
                    "userAgent": "t",
                },
                "requestId": "request-1",
                "routeKey": "ANY /api/users/{id}",
                "stage": "$default",
                "time": "20/Nov/2026:08:05:03 +0000",
                "timeEpoch": 1_795_161_903_250_i64,
            },
            "pathParameters": {"id": "a b"},
            "isBase64Encoded": false,
        })
    );
}

#[test]
fn odd_paths_are_decoded_once_and_routed_as_decoded() {
    for (target, raw_path, id) in [
        ("/api/users/%00", "/api/users/\0", Some("\0")),
        ("/api/users/%23", "/api/users/#", Some("#")),
        // Captured on AWS: middleapi/standard-server#93.
        ("/api/users/a%3Fb", "/api/users/a", Some("a")),
        ("/api/users/%252F", "/api/users/%2F", Some("%2F")),
        ("/api/users/%2F", "/api/users//", None),
        ("/api/users/a%2Fb", "/api/users/a/b", None),
        ("/api/users/%C3%A4", "/api/users/ä", Some("ä")),
        ("/api/users/+", "/api/users/+", Some("+")),
        ("//api/users/x", "//api/users/x", None),
        ("/", "/", None),
    ] {
        let event = event("GET", target, &[], b"");
        assert_eq!(event["rawPath"], raw_path, "{target}");
        assert_eq!(event["pathParameters"]["id"].as_str(), id, "{target}");
    }
}

#[test]
fn a_path_that_is_not_encoded_utf8_is_refused() {
    for path in ["/%", "/%4", "/%zz", "/%ff", "/a%c3", "/%E2%82"] {
        assert_eq!(decode_path(path), Err(InvalidPath), "{path}");
    }
}

#[test]
fn bodies_are_text_or_base64_by_their_type() {
    for (content_type, body, expected, encoded) in [
        ("application/json", "{}".as_bytes(), "{}", false),
        ("Application/JSON; charset=utf-8", "{}".as_bytes(), "{}", false),
        ("text/plain", "ä".as_bytes(), "ä", false),
        ("application/xml", b"<a/>", "<a/>", false),
        ("application/javascript", b"1", "1", false),
        ("multipart/form-data; boundary=x", b"--x--", "LS14LS0=", true),
        ("application/x-www-form-urlencoded", b"a=b", "YT1i", true),
        ("application/merge-patch+json", b"{}", "e30=", true),
        ("application/octet-stream", b"\x00\xff", "AP8=", true),
        ("application/json", b"\xff", "/w==", true),
        ("", b"{}", "e30=", true),
    ] {
        let event = event("POST", "/", &[("content-type", content_type)], body);
        assert_eq!(
            (&event["body"], &event["isBase64Encoded"]),
            (&json!(expected), &json!(encoded)),
            "{content_type}"
        );
    }
}

// Captured on AWS: the fixture without an authorizer of aws-lambda-rust-runtime, ministack, aws-lambda-dotnet.
#[test]
fn an_event_has_no_member_for_what_a_request_lacks() {
    let event = event("GET", "/", &[], b"");
    let absent = ["body", "cookies", "pathParameters", "queryStringParameters", "stageVariables"];
    assert!(absent.iter().all(|name| event.get(name).is_none()), "{event}");
    let context = &event["requestContext"];
    assert!(context.get("authorizer").is_none() && context.get("authentication").is_none(), "{event}");
    assert_eq!(context["http"]["userAgent"], "");
}

#[test]
fn an_earlier_forwarded_for_is_kept_in_front() {
    let event = event("GET", "/", &[("X-Forwarded-For", "10.1.1.1"), ("Connection", "x")], b"");
    assert_eq!(event["headers"]["x-forwarded-for"], "10.1.1.1, 127.0.0.1");
    assert_eq!(event["headers"].get("connection"), None);
}

#[test]
fn a_query_is_never_refused() {
    let event = event("GET", "/?%ff&=&a&b=%zz&c=&d=x+y%2Bz%20", &[], b"");
    assert_eq!(event["rawQueryString"], "%ff&=&a&b=%zz&c=&d=x+y%2Bz%20");
    // The last three: captured on AWS, hotsock/voker.
    for (name, value) in [("a", ""), ("c", ""), ("d", "x y+z ")] {
        assert_eq!(event["queryStringParameters"][name], value);
    }
}

// Captured on AWS: hotsock/voker, the event of a Function URL.
#[test]
fn a_function_url_passes_raw_path_and_cookies_on_as_they_are() {
    let mut headers =
        HeaderMap::from_iter([(header::HOST, http::HeaderValue::from_static("127.0.0.1:3000"))]);
    headers.insert(header::COOKIE, http::HeaderValue::from_static("a=1; b=2"));
    let incoming = Incoming {
        method: "GET",
        path: "/a%20b/%2F",
        query: "x=%26",
        protocol: "HTTP/1.1",
        headers: &headers,
        body: b"",
        source: IpAddr::from([127, 0, 0, 1]),
        local: SocketAddr::from(([127, 0, 0, 1], 3000)),
        request_id: "request-1",
        trace_id: "Root=1-0-0",
        at: datetime!(2026-11-20 08:05:03.25 UTC),
    };
    let event: Value = serde_json::from_slice(&build(Via::FunctionUrl("stream"), &incoming)).unwrap();
    assert_eq!((&event["version"], &event["routeKey"]), (&json!("2.0"), &json!("$default")));
    assert_eq!((&event["rawPath"], &event["rawQueryString"]), (&json!("/a%20b/%2F"), &json!("x=%26")));
    assert_eq!((event.get("pathParameters"), event.get("body")), (None, None));
    assert_eq!(
        (&event["headers"]["cookie"], &event["cookies"]),
        (&json!("a=1; b=2"), &json!(["a=1", "b=2"]))
    );
    assert_eq!(event["headers"].get("content-length"), None);
    assert_eq!(
        event["requestContext"],
        json!({
            "accountId": "anonymous",
            "apiId": "stream",
            "domainName": "stream.lambda-url.us-east-1.on.aws",
            "domainPrefix": "stream",
            "http": {
                "method": "GET",
                "path": "/a b//",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "",
            },
            "requestId": "request-1",
            "routeKey": "$default",
            "stage": "$default",
            "time": "20/Nov/2026:08:05:03 +0000",
            "timeEpoch": 1_795_161_903_250_i64,
        })
    );
}
