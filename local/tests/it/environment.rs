//! The surroundings of a function's processes: variables, the working directory, the Runtime API.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Place, environment, get};

#[tokio::test]
async fn a_function_has_the_variables_of_the_template_and_no_others() {
    let place = Place::new();
    let stack = place
        .builder()
        .env("ACCESS_TOKEN_SECRET", "given")
        .env("NOT_IN_TEMPLATE", "x")
        .start()
        .await
        .unwrap();
    let found = environment(&stack).await;
    assert_eq!(found["TABLE_NAME"], stack.table_name());
    assert_eq!(found["AWS_ENDPOINT_URL"], "http://127.0.0.1:9", "other services are out of reach");
    assert_eq!(found["AWS_ENDPOINT_URL_DYNAMODB"], stack.dynamodb_url());
    assert_eq!(found["AWS_ENDPOINT_URL_S3"], stack.s3_url());
    assert_eq!(
        (found["ACCESS_TOKEN_SECRET"].as_str(), stack.secret("ACCESS_TOKEN_SECRET")),
        ("given", Some("given"))
    );
    for absent in ["NOT_IN_TEMPLATE", "HOME", "CARGO_MANIFEST_DIR", "USER"] {
        assert_eq!(found.get(absent), None, "{absent}");
    }
    let stack = place.builder().start().await.unwrap();
    assert_eq!(
        Some(environment(&stack).await["ACCESS_TOKEN_SECRET"].as_str()),
        stack.secret("ACCESS_TOKEN_SECRET")
    );
    assert_eq!(stack.made_up_secrets(), ["ACCESS_TOKEN_SECRET"]);
}

// Captured on AWS: LocalStack, test_lambda_init_environment.
#[tokio::test]
async fn a_function_has_the_variables_and_the_directory_that_lambda_gives_it() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let found = environment(&stack).await;
    let directory = get(&stack, "/echo?do=place").await.text();
    assert!(!std::env::current_dir().unwrap().starts_with(&directory), "{directory}");
    assert!(std::fs::metadata(&directory).unwrap().permissions().readonly(), "{directory}");
    for (name, value) in [
        ("LAMBDA_TASK_ROOT", &*directory),
        ("PWD", &directory),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
        ("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"),
    ] {
        assert_eq!(found[name], value, "{name}");
    }
    assert!(found["AWS_XRAY_DAEMON_ADDRESS"].parse::<SocketAddr>().unwrap().ip().is_loopback());
    // The value is `host:port`; clients add `http://`.
    let runtime_api: SocketAddr = found["AWS_LAMBDA_RUNTIME_API"].parse().unwrap();
    assert!(runtime_api.ip().is_loopback());
    drop(stack);
    assert!(!std::fs::exists(&directory).unwrap());
}

// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-response>
#[tokio::test]
async fn an_answer_to_no_invocation_is_refused() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let runtime_api = environment(&stack).await["AWS_LAMBDA_RUNTIME_API"].clone();
    for call in ["response", "error"] {
        let url = format!("http://{runtime_api}/2018-06-01/runtime/invocation/1/{call}");
        let refused = reqwest::Client::new().post(url).body("{}").send().await.unwrap();
        assert_eq!(refused.status(), 400, "{call}");
        assert!(refused.text().await.unwrap().contains("InvalidRequestID"), "{call}");
    }
}

// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html#runtimes-extensions-registration-api-a>
#[tokio::test]
async fn an_internal_extension_registers_without_events() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let runtime_api = environment(&stack).await["AWS_LAMBDA_RUNTIME_API"].clone();
    let register = |events: &'static str| {
        let url = format!("http://{runtime_api}/2020-01-01/extension/register");
        reqwest::Client::new().post(url).header("lambda-extension-name", "own").body(events).send()
    };
    let registered = register(r#"{"events":[]}"#).await.unwrap();
    assert_eq!(registered.status(), 200);
    assert!(registered.headers().contains_key("lambda-extension-identifier"));
    assert_eq!(registered.json::<Value>().await.unwrap()["functionName"], "echo");
    let refused = register(r#"{"events":["INVOKE"]}"#).await.unwrap();
    assert_eq!(refused.status(), 403);
    assert!(refused.text().await.unwrap().contains("local sends no events to extensions"));
}

#[tokio::test]
async fn a_page_in_a_browser_takes_no_events_of_a_function() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let runtime_api = environment(&stack).await["AWS_LAMBDA_RUNTIME_API"].clone();
    for header in ["Origin: http://a.test", "Sec-Fetch-Site: cross-site"] {
        let mut stream = TcpStream::connect(&runtime_api).await.unwrap();
        let request = format!(
            "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: {runtime_api}\r\n{header}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    }
}
