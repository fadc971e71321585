//! Function URLs and streamed answers.

use std::path::Path;

use local::Stack;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Place, eventually, get, send};

/// A request whose answer is read only as far as a test needs it.
struct Reading {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Reading {
    async fn start(stack: &Stack, target: &str) -> Self {
        let mut stream = TcpStream::connect(stack.url().replace("http://", "")).await.unwrap();
        let head = format!("GET {target} HTTP/1.1\r\nHost: api.localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        Self { stream, read: Vec::new() }
    }

    /// Reads until `text` arrives.
    async fn until(&mut self, text: &str) {
        while !String::from_utf8_lossy(&self.read).contains(text) {
            let count = self.stream.read_buf(&mut self.read).await.unwrap();
            assert!(count > 0, "no {text} in {}", String::from_utf8_lossy(&self.read));
        }
    }

    /// Reads to the end of the connection. Returns the body, and whether its last chunk marks it as complete.
    async fn end(mut self) -> (Vec<u8>, bool) {
        // A connection that is cut may also be reset.
        let _ = self.stream.read_to_end(&mut self.read).await;
        let head = self.read.windows(4).position(|window| window == b"\r\n\r\n").expect("an answer") + 4;
        let (mut rest, mut body) = (&self.read[head..], Vec::new());
        while let Some(at) = rest.windows(2).position(|window| window == b"\r\n") {
            let length = usize::from_str_radix(std::str::from_utf8(&rest[..at]).unwrap(), 16).unwrap();
            if length == 0 {
                return (body, true);
            }
            let chunk = &rest[at + 2..];
            body.extend_from_slice(&chunk[..length.min(chunk.len())]);
            rest = chunk.get(length + 2..).unwrap_or_default();
        }
        (body, false)
    }
}

fn touch(file: &Path) {
    std::fs::write(file, "").unwrap();
}

#[tokio::test]
async fn the_path_arrives_as_it_was_sent() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    for (target, raw_path) in [
        ("/lambda-url/narrow/a%20b/%2F?x=1&x=2", "/a%20b/%2F"),
        ("/lambda-url/narrow?x=1&x=2", "/"),
        ("/lambda-url/narrow/?x=1&x=2", "/"),
        ("/lambda-url/narrow//%ff/%zz?x=1&x=2", "//%ff/%zz"),
    ] {
        let reply = get(&stack, target).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let event = reply.json();
        assert_eq!(event["rawPath"], raw_path, "{target}");
        assert_eq!(event["queryStringParameters"], json!({"x": "1,2"}), "{target}");
        let context = &event["requestContext"];
        assert_eq!(context["domainName"], "narrow.lambda-url.us-east-1.on.aws");
        assert_eq!(context["requestId"].as_str(), reply.header("x-amzn-requestid"));
    }
}

// Captured on AWS: LocalStack, test_lambda_url_non_existing_url.
#[tokio::test]
async fn a_url_of_no_function_is_403() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    // The function `fallback` has no URL.
    for target in ["/lambda-url/fallback/", "/lambda-url/nobody", "/lambda-url/"] {
        let reply = get(&stack, target).await;
        assert_eq!((reply.status, reply.text().as_str()), (403, r#"{"Message":null}"#), "{target}");
    }
}

// Captured on AWS: LocalStack, test_lambda_url_invocation ("request_id_invoke_url").
#[tokio::test]
async fn lambda_and_the_url_have_one_request_id() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    for name in ["narrow", "echo"] {
        let reply = get(&stack, &format!("/lambda-url/{name}/?do=request")).await;
        let id = reply.header("x-amzn-requestid").unwrap();
        assert!(reply.text().contains(id), "{reply:?}");
    }
}

// Captured on AWS: powertools-lambda-python#4163.
#[tokio::test]
async fn a_functions_own_cors_headers_stay_beside_those_of_its_url() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let origin = [("Origin", "http://url.test")];
    let reply = send(&stack, "GET", "/lambda-url/narrow/?do=cors", &origin, b"").await;
    assert_eq!(reply.all("access-control-allow-origin"), ["*", "http://url.test"], "{reply:?}");
}

#[tokio::test]
async fn pieces_arrive_before_the_next_are_made() {
    let place = Place::new();
    let until = place.path("until");
    let stack = place.builder().start().await.unwrap();
    let target = format!("/lambda-url/echo/?do=stream&until={}", until.display());
    let mut reading = Reading::start(&stack, &target).await;
    reading.until("first").await;
    let head = String::from_utf8_lossy(&reading.read).to_lowercase();
    for field in ["http/1.1 200", "transfer-encoding: chunked", "x-many: 1", "x-many: 2", "set-cookie: a=1"] {
        assert!(head.contains(field), "{field}: {head}");
    }
    touch(&until);
    assert_eq!(reading.end().await, (b"firstlast".to_vec(), true));
}

#[tokio::test]
async fn a_client_that_goes_away_stops_nothing() {
    let place = Place::new();
    let (until, done) = (place.path("until"), place.path("done"));
    let stack = place.builder().max_instances(1).start().await.unwrap();
    let before = get(&stack, "/echo?do=pid").await.text();
    let target = format!("/lambda-url/echo/?do=stream&until={}&done={}", until.display(), done.display());
    let mut reading = Reading::start(&stack, &target).await;
    reading.until("first").await;
    drop(reading);
    touch(&until);
    eventually("the function has sent all", || done.exists()).await;
    assert_eq!(get(&stack, "/echo?do=pid").await.text(), before);
}

// Captured on AWS: hotsock/voker, "stream-panic"; by-nir/aws-lambda-zig#3.
#[tokio::test]
async fn an_answer_that_fails_in_the_middle_is_what_was_sent_and_ends_well() {
    let place = Place::new();
    let until = place.path("until");
    let stack = place.builder().start().await.unwrap();
    let target = format!("/lambda-url/echo/?do=stream&then=exit&until={}", until.display());
    let mut reading = Reading::start(&stack, &target).await;
    reading.until("first").await;
    touch(&until);
    assert_eq!(reading.end().await, (b"first".to_vec(), true));
    assert!(stack.logs().contains("the process ended"), "{}", stack.logs());
    assert_eq!(get(&stack, "/lambda-url/echo/?do=plain").await.status, 200);
}

#[tokio::test]
async fn the_timeout_ends_a_stream() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let reading = Reading::start(&stack, "/lambda-url/hurried/?do=stream&then=hang").await;
    assert_eq!(reading.end().await, (b"first".to_vec(), true));
    assert!(stack.logs().contains("timed out after 1.00 seconds"), "{}", stack.logs());
    assert_eq!(get(&stack, "/lambda-url/hurried/?do=plain").await.status, 200);
}

// Captured on AWS: LocalStack, test_lambda_url_invocation_exception.
#[tokio::test]
async fn what_fails_before_the_first_piece_is_502() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    for target in
        ["echo/?do=fail", "echo/?do=exit", "hurried/?ms=30000", "narrow/?do=fail", "narrow/?do=large"]
    {
        let reply = get(&stack, &format!("/lambda-url/{target}")).await;
        assert_eq!((reply.status, reply.text().as_str()), (502, "Internal Server Error"));
        assert!(reply.header("content-type").unwrap().starts_with("text/plain"), "{reply:?}");
    }
    assert_eq!(get(&stack, "/lambda-url/echo/?do=plain").await.status, 200);
}

#[tokio::test]
async fn a_long_answer_is_sent_up_to_the_limit() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let (body, is_whole) =
        Reading::start(&stack, "/lambda-url/echo/?do=many&bytes=20000000").await.end().await;
    assert_eq!((body.len(), is_whole), (20_000_000, true));
    let (body, is_whole) =
        Reading::start(&stack, "/lambda-url/echo/?do=many&bytes=220000000").await.end().await;
    assert!(body.len() <= local::lambda::instances::MAX_STREAM_BYTES && is_whole, "{}", body.len());
    assert!(stack.logs().contains("exceeds Lambda's limit"), "{}", stack.logs());
    assert_eq!(get(&stack, "/lambda-url/echo/?do=plain").await.status, 200);
}

#[tokio::test]
async fn a_function_waits_for_a_slow_reader() {
    const TOTAL: usize = 100;
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let target = format!("/lambda-url/echo/?do=many&bytes={}", TOTAL * 1024 * 1024);
    let mut reading = Reading::start(&stack, &target).await;
    reading.until("xxx").await;
    // The function comes to a stop: only the sockets' buffers and one piece in the gateway are under way.
    let made = || stack.logs().matches("megabytes: ").count();
    let (mut last, mut times) = (0, 0);
    eventually("the function waits", || {
        let now = made();
        times = if now == last { times + 1 } else { 0 };
        last = now;
        times == 30
    })
    .await;
    assert!(last < TOTAL / 2, "{last} MB are made, and nobody reads");
    let (body, is_whole) = reading.end().await;
    assert_eq!((body.len(), is_whole), (TOTAL * 1024 * 1024, true));
}

#[tokio::test]
async fn an_answer_that_is_not_streamed_is_passed_on_as_it_is() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let reading = Reading::start(&stack, "/lambda-url/echo/?do=plain").await;
    assert_eq!(reading.end().await, (br#"{"hello":"world"}"#.to_vec(), true));
    let reply = get(&stack, "/lambda-url/echo/?do=plain").await;
    assert_eq!(reply.header("content-type"), Some("application/octet-stream"));
}

#[tokio::test]
async fn an_http_api_does_not_stream() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    for target in ["/echo?do=stream", "/lambda-url/narrow/?do=stream"] {
        let reply = get(&stack, target).await;
        assert!([500, 502].contains(&reply.status), "{reply:?}");
    }
    assert!(stack.logs().contains("not JSON"), "{}", stack.logs());
    let answer = stack.invoke("echo", json!({"queryStringParameters": {"do": "stream"}})).await.unwrap();
    assert!(answer.as_str().unwrap().ends_with("\0\0\0\0\0\0\0\0firstlast"), "{answer}");
}

#[tokio::test]
async fn head_has_no_body() {
    let place = Place::new();
    let (until, done) = (place.path("until"), place.path("done"));
    touch(&until);
    let stack = place.builder().start().await.unwrap();
    let target = format!("/lambda-url/echo/?do=stream&until={}&done={}", until.display(), done.display());
    let reply = send(&stack, "HEAD", &target, &[], b"").await;
    assert_eq!((reply.status, reply.body.len()), (200, 0), "{reply:?}");
    eventually("the function has sent all", || done.exists()).await;
}

#[tokio::test]
async fn cors_is_the_urls_own() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let ask = async |method: &str, origin: &str| {
        let headers = [("Origin", origin), ("Access-Control-Request-Method", "POST")];
        send(&stack, method, "/lambda-url/narrow/", &headers, b"").await
    };
    let preflight = ask("OPTIONS", "http://url.test").await;
    assert_eq!(
        (preflight.status, preflight.header("access-control-allow-methods")),
        (204, Some("POST")),
        "{preflight:?}"
    );
    let answer = ask("GET", "http://url.test").await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("http://url.test"));
    // This origin is allowed for the API only.
    assert_eq!(ask("GET", "http://a.test").await.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn a_function_without_an_instance_to_spare_is_429() {
    let place = Place::new();
    let until = place.path("until");
    let stack = place.builder().max_instances(1).throttle().start().await.unwrap();
    let target = format!("/lambda-url/echo/?do=stream&until={}", until.display());
    let mut reading = Reading::start(&stack, &target).await;
    reading.until("first").await;
    assert_eq!(get(&stack, "/lambda-url/echo/").await.status, 429);
    touch(&until);
    assert_eq!(reading.end().await, (b"firstlast".to_vec(), true));
}
