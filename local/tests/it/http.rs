//! Requests and answers, through a real function.

use serde_json::json;

use crate::support::{Place, TEMPLATE, get, raw, send};

#[tokio::test]
async fn a_function_gets_the_event_and_its_answer_goes_back() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let reply = send(
        &stack,
        "POST",
        "/echo/a%20b?x=1&x=2",
        &[("Content-Type", "application/json"), ("Cookie", "a=1; b=2"), ("X-Two", "1"), ("X-Two", "2")],
        b"{\"k\":1}",
    )
    .await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let event = reply.json();
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["routeKey"], "ANY /echo/{id}");
    assert_eq!(event["rawPath"], "/echo/a b");
    assert_eq!(event["pathParameters"], json!({"id": "a b"}));
    assert_eq!(event["queryStringParameters"], json!({"x": "1,2"}));
    assert_eq!(event["cookies"], json!(["a=1", "b=2"]));
    assert_eq!(event["headers"]["x-two"], "1,2");
    assert_eq!(event["body"], "{\"k\":1}");
    assert_eq!(event["requestContext"]["http"]["sourceIp"], "127.0.0.1");
    assert_eq!(event["requestContext"]["requestId"].as_str(), reply.header("apigw-requestid"));
}

#[tokio::test]
async fn answers_of_every_form_are_passed_on() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();

    assert_eq!(get(&stack, "/echo?do=bytes").await.body, [0, 1, 255]);

    let cookies = get(&stack, "/echo?do=cookies").await;
    assert_eq!((cookies.status, cookies.all("set-cookie")), (204, vec!["a=1; Path=/", "b=2"]));

    let plain = get(&stack, "/echo?do=plain").await;
    assert_eq!(
        (plain.status, plain.header("content-type"), plain.json()),
        (200, Some("application/json"), json!({"hello": "world"}))
    );

    let head = send(&stack, "HEAD", "/echo?do=plain", &[], b"").await;
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, Some("17"), 0));

    let head = send(&stack, "HEAD", "/echo?do=head", &[], b"").await;
    assert_eq!((head.status, head.header("content-length")), (200, Some("1234")));
    assert_eq!(get(&stack, "/echo?do=head").await.header("content-length"), Some("0"));

    for wrong in ["nonsense", "fail", "large"] {
        let reply = get(&stack, &format!("/echo?do={wrong}")).await;
        assert_eq!(
            (reply.status, reply.json()),
            (500, json!({"message": "Internal Server Error"})),
            "{wrong}"
        );
    }
    assert_eq!(get(&stack, "/echo?do=plain").await.status, 200);
}

#[tokio::test]
async fn no_bytes_harm_the_gateway() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let long = "x".repeat(8 * 1024);
    for (target, status) in [
        ("/echo/%00", 200),
        ("/echo/%2F", 200),
        ("/echo/%3F%23%20", 200),
        ("/echo/\u{e4}", 200),
        ("//echo", 200),
        ("/echo/", 200),
        ("/echo?%ff=%zz&&&=", 200),
        (format!("/echo/{long}").as_str(), 200),
        ("/echo/%ff", 400),
        ("/echo/%", 400),
        ("/echo/%zz", 400),
        (format!("/echo/{long}{long}").as_str(), 431),
    ] {
        let reply = get(&stack, target).await;
        assert_eq!(reply.status, status, "{target:.40}: {reply:?}");
        let _ = reply.json();
    }
    for request in [
        "GET /echo HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost: localhost\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost: u@b\r\nConnection: close\r\n\r\n",
        "GET /echo HTTP/1.1\r\nConnection: close\r\n\r\n",
        "GET http://localhost/echo HTTP/1.1\r\nConnection: close\r\n\r\n",
        "GET http://u@b/echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n",
        "GET /echo HTTP/1.1\r\nHost: localhost\r\nX: \x01\r\n\r\n",
        "CONNECT echo:80 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "\0\0\0\r\n\r\n",
    ] {
        let reply = raw(&stack, request.as_bytes()).await;
        assert!((400..500).contains(&reply.status), "{request:?}: {reply:?}");
    }
    for request in [
        "GET /echo HTTP/1.0\r\n\r\n",
        "BREW /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
    ] {
        let reply = raw(&stack, request.as_bytes()).await;
        assert_eq!(reply.status, 200, "{request:?}: {reply:?}");
    }
    let headers =
        raw(&stack, b"GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX: \xff\xfe\r\n\r\n")
            .await;
    assert_eq!(headers.status, 200);
}

#[tokio::test]
async fn the_host_is_that_of_the_target_or_else_of_the_header() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    for (request, host) in [
        ("GET /echo HTTP/1.1\r\nHost: a.localhost\r\nConnection: close\r\n\r\n", "a.localhost"),
        (
            "GET http://b.localhost:80/echo HTTP/1.1\r\nHost: a.localhost\r\nConnection: close\r\n\r\n",
            "b.localhost:80",
        ),
        ("GET HTTP://b.localhost/echo HTTP/1.0\r\n\r\n", "b.localhost"),
    ] {
        let event = raw(&stack, request.as_bytes()).await.json();
        assert_eq!(
            (&event["headers"]["host"], &event["rawPath"]),
            (&json!(host), &json!("/echo")),
            "{request}"
        );
    }
}

#[tokio::test]
async fn a_body_ends_where_http_says() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let head = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n";
    for (rest, body) in [
        ("Connection: close\r\nContent-Length: 2\r\n\r\nab", "ab"),
        ("Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1;x=y\r\nb\r\n0\r\n\r\n", "ab"),
        (
            "Connection: close\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nab\r\n0\r\nX-Sum: 1\r\nX-B: 2\r\n\r\n",
            "ab",
        ),
        // The length is ignored, and the connection ends (RFC 9112, section 6.3).
        ("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", "ab"),
        ("Transfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n2\r\nab\r\n0\r\n\r\n", "ab"),
    ] {
        let reply = raw(&stack, format!("{head}{rest}").as_bytes()).await;
        assert_eq!(reply.status, 200, "{rest:?}: {reply:?}");
        let event = reply.json();
        assert_eq!(
            (&event["body"], &event["headers"]["content-length"]),
            (&json!(body), &json!("2")),
            "{rest:?}"
        );
        assert_eq!((&event["headers"]["x-sum"], &event["headers"]["trailer"]), (&json!(null), &json!(null)));
    }
}

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let one = "GET /echo?do=plain HTTP/1.1\r\nHost: localhost\r\n";
    let four = format!("{one}\r\n{one}\r\n{one}\r\n{one}Connection: close\r\n\r\n");
    let first = raw(&stack, four.as_bytes()).await;
    assert_eq!((first.status, first.text().matches("HTTP/1.1 200 OK").count()), (200, 3), "{first:?}");

    let waits = "POST /echo?do=length HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n\
                 Connection: close\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nab";
    let first = raw(&stack, waits.as_bytes()).await;
    assert_eq!(first.status, 100, "{first:?}");
    assert!(first.text().starts_with("HTTP/1.1 200 OK") && first.text().ends_with("\r\n\r\n2"), "{first:?}");
}

#[tokio::test]
async fn the_limits_of_aws_hold() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let json = [("Content-Type", "application/json")];
    let fits = send(&stack, "POST", "/echo?do=length", &json, &vec![b'x'; 6_000_000]).await;
    assert_eq!((fits.status, fits.text().as_str()), (200, "6000000"));
    for (size, headers) in [(6_400_000, &json[..]), (5_000_000, &[][..]), (11_000_000, &json[..])] {
        let reply = send(&stack, "POST", "/echo?do=length", headers, &vec![b'x'; size]).await;
        let body = reply.json();
        assert_eq!((reply.status, &body["message"]), (413, &json!("Request Entity Too Large")), "{size}");
        // The API's own errors have these members.
        assert_eq!(body["code"], "body_too_large");
        assert!(body["error"].is_string() && body["timestamp"].is_string(), "{body}");
        assert_eq!(body["requestId"].as_str(), reply.header("apigw-requestid"));
    }
    let value = "x".repeat(11_000);
    assert_eq!(send(&stack, "GET", "/echo", &[("X-Long", &value)], b"").await.status, 431);
}

#[tokio::test]
async fn the_gateway_owns_cors() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let preflight = [("Origin", "http://a.test"), ("Access-Control-Request-Method", "GET")];
    let reply = send(&stack, "OPTIONS", "/echo", &preflight, b"").await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (204, Some("http://a.test")));
    assert!(!stack.logs().contains("started"), "no function runs for a preflight");

    let reply = send(&stack, "GET", "/echo?do=cors", &[("Origin", "http://b.test")], b"").await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, None));
    let options = send(&stack, "OPTIONS", "/echo", &[], b"").await;
    assert_eq!(options.json()["requestContext"]["http"]["method"], "OPTIONS");
}

#[tokio::test]
async fn what_no_route_has_goes_to_the_default() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let event = get(&stack, "/no/such/path").await.json();
    assert_eq!((&event["routeKey"], event.get("pathParameters")), (&json!("$default"), None));

    let without = TEMPLATE.split("  FallbackFunction:").next().unwrap();
    std::fs::write(place.path("template.yaml"), without).unwrap();
    let stack = place.builder().start().await.unwrap();
    let reply = get(&stack, "/no/such/path").await;
    assert_eq!((reply.status, reply.json()), (404, json!({"message": "Not Found"})));
}

// Captured on AWS: serverless#11222.
#[tokio::test]
async fn the_apis_own_timeout_is_503() {
    let place = Place::new();
    let template = TEMPLATE.replace("Path: /hurried,", "Path: /hurried, TimeoutInMillis: 50,");
    std::fs::write(place.path("template.yaml"), template).unwrap();
    let stack = place.builder().start().await.unwrap();
    let reply = get(&stack, "/hurried?ms=900").await;
    assert_eq!((reply.status, reply.json()), (503, json!({"message": "Service Unavailable"})));
}

// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html>
#[tokio::test]
async fn each_route_has_the_limits_of_the_default_settings() {
    let place = Place::new();
    let limits =
        "HttpApi:\n    DefaultRouteSettings: { ThrottlingBurstLimit: 1, ThrottlingRateLimit: 0.001 }\n";
    std::fs::write(place.path("template.yaml"), TEMPLATE.replacen("HttpApi:\n", limits, 1)).unwrap();
    let stack = place.builder().throttle().start().await.unwrap();
    for path in ["/echo", "/echo/1", "/hurried"] {
        assert_eq!(get(&stack, path).await.status, 200, "{path}");
        let reply = get(&stack, path).await;
        assert_eq!((reply.status, reply.json()), (429, json!({"message": "Too Many Requests"})), "{path}");
    }
    let stack = place.builder().start().await.unwrap();
    for _ in 0..3 {
        assert_eq!(get(&stack, "/echo").await.status, 200, "without --throttle");
    }
}

#[tokio::test]
async fn any_event_can_be_given_to_a_function() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let answer = stack.invoke("echo", json!({"Records": [1]})).await.unwrap();
    assert_eq!(answer["got"], json!({"Records": [1]}));
    assert_eq!(answer["arn"], "arn:aws:lambda:us-east-1:000000000000:function:echo");
    let error = stack.invoke("EchoFunction", json!({"fail": "for a reason"})).await.unwrap_err();
    assert_eq!(error.payload("1")["errorMessage"], "for a reason");
    assert!(stack.invoke("nobody", json!({})).await.is_err());
}
