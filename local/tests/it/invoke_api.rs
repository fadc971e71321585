//! Lambda's Invoke API, and what reaches a function through it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use local::Stack;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::support::{Place, TEMPLATE};

struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Reply {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

async fn start(place: &Place) -> Stack {
    place.builder().invoke_port(0).start().await.unwrap()
}

/// Invokes a function; `target` is its name, with a query if there is one.
async fn invoke(stack: &Stack, target: &str, headers: &[(&str, &str)], event: &str) -> Reply {
    let (name, query) = target.split_once('?').unwrap_or((target, ""));
    let url = stack.invoke_url().unwrap();
    let url = format!("{url}/2015-03-31/functions/{name}/invocations?{query}");
    let mut request = reqwest::Client::new().post(url).body(event.to_owned());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.bytes().await.unwrap();
    Reply { status, headers, body: serde_json::from_slice(&body).unwrap_or_default() }
}

// Captured on AWS: hotsock/voker. The trace id: <https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html>
#[tokio::test]
async fn a_function_gets_what_its_caller_sends() {
    let place = Place::new();
    let stack = start(&place).await;
    let context = json!({"custom": {"k": "v"}});
    let encoded = STANDARD.encode(context.to_string());
    let reply = invoke(&stack, "echo", &[("x-amz-client-context", &encoded)], "{\"a\":1}").await;
    assert_eq!((reply.status, &reply.body["got"]), (200, &json!({"a": 1})));
    assert_eq!(reply.header("x-amzn-requestid"), reply.body["id"].as_str().unwrap());
    assert_eq!(reply.header("x-amz-executed-version"), "$LATEST");
    assert_eq!(reply.body["client"]["custom"], json!({"k": "v"}));
    assert_eq!(reply.body["arn"], "arn:aws:lambda:us-east-1:000000000000:function:echo");
    assert!(reply.body["deadline"].as_u64().unwrap() > 0);
    let trace = reply.body["trace"].as_str().unwrap();
    let names: Vec<&str> = trace.split(';').filter_map(|part| Some(part.split_once('=')?.0)).collect();
    assert_eq!(names, ["Root", "Parent", "Sampled"], "{trace}");
}

// Captured on AWS: LocalStack, test_lambda_errors.py and test_lambda_timeout_logs.
#[tokio::test]
async fn a_failure_is_told_in_lambdas_words() {
    let place = Place::new();
    let stack = start(&place).await;
    for (function, event, kind, message) in [
        ("echo", json!({"fail": "on purpose"}), "&alloc::boxed::Box", "on purpose"),
        (
            "echo",
            json!({"exit": 1}),
            "Runtime.ExitError",
            "RequestId: ID Error: Runtime exited with error: exit status 1",
        ),
        (
            "echo",
            json!({"exit": 0}),
            "Runtime.ExitError",
            "RequestId: ID Error: Runtime exited without providing a reason",
        ),
        (
            "hurried",
            json!({"hang": true}),
            "Sandbox.Timedout",
            "RequestId: ID Error: Task timed out after 1.00 seconds",
        ),
        (
            "echo",
            json!({"long": 7_000_000}),
            "Function.ResponseSizeTooLarge",
            "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
        ),
    ] {
        let reply = invoke(&stack, function, &[], &event.to_string()).await;
        assert_eq!((reply.status, reply.header("x-amz-function-error")), (200, "Unhandled"), "{event}");
        let id = reply.header("x-amzn-requestid");
        assert_eq!(id.len(), 36, "{event}");
        assert!(reply.body["errorType"].as_str().unwrap().starts_with(kind), "{event}: {}", reply.body);
        assert_eq!(reply.body["errorMessage"], message.replace("ID", id), "{event}");
    }
}

// Captured on AWS: LocalStack, test_lambda_runtime_error; hotsock/voker.
#[tokio::test]
async fn an_error_of_the_start_is_the_answer() {
    let place = Place::new();
    std::fs::write(place.path("init"), "report").unwrap();
    let builder = place.builder().invoke_port(0).env("INIT_FILE", place.path("init").to_str().unwrap());
    let stack = builder.start().await.unwrap();
    let reply = invoke(&stack, "echo", &[], "{}").await;
    assert_eq!((reply.status, reply.header("x-amz-function-error")), (200, "Unhandled"));
    assert_eq!(
        reply.body,
        json!({"errorType": "Config.Missing", "errorMessage": "no config", "stackTrace": []})
    );
}

// Captured on AWS: LocalStack, test_invocation_type_request_response and its neighbours.
// <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>
#[tokio::test]
async fn a_request_that_lambda_refuses_is_refused() {
    let place = Place::new();
    let stack = start(&place).await;
    let none = "Function not found: arn:aws:lambda:us-east-1:000000000000:function:";
    for (target, header, event, status, kind, message) in [
        ("echo", ("x-amz-invocation-type", "DryRun"), "{}", 204, "", ""),
        ("echo?Qualifier=$LATEST", ("x", "y"), "{}", 200, "", ""),
        (
            "echo",
            ("x-amz-invocation-type", "Foo"),
            "{}",
            400,
            "ValidationException",
            "Value 'Foo' at 'invocationType'",
        ),
        (
            "echo?Qualifier=PROD",
            ("x", "y"),
            "{}",
            404,
            "ResourceNotFoundException",
            &format!("{none}echo:PROD"),
        ),
        ("echo:7", ("x", "y"), "{}", 404, "ResourceNotFoundException", &format!("{none}echo:7")),
        ("nobody", ("x", "y"), "{}", 404, "ResourceNotFoundException", &format!("{none}nobody")),
        (
            "echo",
            ("x", "y"),
            "{",
            400,
            "InvalidRequestContentException",
            "Could not parse request body into json",
        ),
        (
            "echo",
            ("x-amz-client-context", "e30"),
            "{}",
            400,
            "InvalidRequestContentException",
            "Client context",
        ),
    ] {
        let reply = invoke(&stack, target, &[header], event).await;
        assert_eq!((reply.status, reply.header("x-amzn-errortype")), (status, kind), "{target} {header:?}");
        let text = reply.body["Message"].as_str().unwrap_or_default();
        assert!(text.contains(message), "{target} {header:?}: {text}");
    }
    let url =
        format!("{}/2021-11-15/functions/echo/response-streaming-invocations", stack.invoke_url().unwrap());
    let refused = reqwest::Client::new().post(url).send().await.unwrap();
    assert_eq!(refused.status(), 404);
    assert!(refused.text().await.unwrap().contains("local emulates only Invoke"));
}

// Captured on AWS: LocalStack, test_invocation_type_request_response ("LogResult").
#[tokio::test]
async fn the_log_of_an_invocation_comes_back_with_it() {
    let place = Place::new();
    let stack = start(&place).await;
    let tail = [("x-amz-log-type", "Tail")];
    for (event, line) in [
        (json!({"print": "hello from the function"}), "hello from the function\n"),
        (json!({"print": "and again", "exit": 3}), "and again\n"),
    ] {
        let reply = invoke(&stack, "echo", &tail, &event.to_string()).await;
        let log = STANDARD.decode(reply.header("x-amz-log-result")).unwrap();
        let log = String::from_utf8(log).unwrap();
        let id = reply.header("x-amzn-requestid");
        assert!(log.starts_with(&format!("START RequestId: {id} Version: $LATEST\n{line}")), "{log}");
        assert!(
            log.contains(&format!("{line}END RequestId: {id}\nREPORT RequestId: {id}\tDuration: ")),
            "{log}"
        );
        assert!(log.contains("\tMemory Size: 128 MB\tMax Memory Used: "), "{log}");
    }
    // The pipe still has most of this when the function answers.
    let much = json!({"print": format!("{}the end", "x".repeat(60_000))});
    let reply = invoke(&stack, "echo", &tail, &much.to_string()).await;
    let log = STANDARD.decode(reply.header("x-amz-log-result")).unwrap();
    let log = String::from_utf8(log).unwrap();
    assert!(
        log.len() == 4096 && log.contains("the end\nEND RequestId: ") && log.ends_with(" MB\t\n"),
        "{log}"
    );
    assert_eq!(invoke(&stack, "echo", &[], "{}").await.header("x-amz-log-result"), "");
}

// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>
#[tokio::test]
async fn a_function_that_needs_more_than_its_memory_is_warned_of_with_its_peak() {
    let template = TEMPLATE.replace("    Timeout: 5\n", "    Timeout: 5\n    MemorySize: 200\n");
    let place = Place::with(&template, &crate::support::example(), &["echo"]);
    let stack = start(&place).await;
    invoke(&stack, "echo", &[], "{}").await;
    assert!(!stack.logs().contains("MemorySize"), "{}", stack.logs());
    for _ in 0..2 {
        let reply = invoke(&stack, "echo", &[], &json!({"megabytes": 300}).to_string()).await;
        assert_eq!(reply.body, 300 << 20);
    }
    let logs = stack.logs();
    let warnings: Vec<&str> = logs.lines().filter(|line| line.contains("MemorySize")).collect();
    let peak = warnings[0].strip_prefix("warning: echo: it used ").unwrap().split(' ').next().unwrap();
    assert!((300..400).contains(&peak.parse::<u32>().unwrap()), "{logs}");
    assert!(warnings[0].ends_with("MB, which is more than its MemorySize of 200 MB"), "{logs}");
}
