//! Functions that misbehave: no event waits longer than its timeout, and nothing is left behind.

use std::time::Duration;

use local::{InvokeError, Stack};
use serde_json::json;

use crate::support::{Place, eventually, example_named, is_running};

const TEMPLATE: &str = "
Resources:
  RudeFunction:
    Type: AWS::Serverless::Function
    Properties: { Timeout: 1 }
";

async fn started() -> (Place, Stack) {
    let place = Place::with(TEMPLATE, &example_named("rude"), &["rude"]);
    let stack = place.builder().start().await.unwrap();
    (place, stack)
}

#[tokio::test]
async fn an_event_without_an_answer_ends_with_the_timeout() {
    let (_place, stack) = started().await;
    for event in ["close", "half", "slow", "flood", "endless line"] {
        let error = stack.invoke("rude", json!(event)).await.unwrap_err();
        assert_eq!(error, InvokeError::TimedOut(Duration::from_secs(1)), "{event}");
        assert_eq!(stack.invoke("rude", json!("")).await, Ok(json!(null)), "the event after {event}");
    }
}

#[tokio::test]
async fn processes_that_a_function_starts_end_with_it() {
    let (_place, stack) = started().await;
    let child = stack.invoke("rude", json!("fork")).await.unwrap().to_string();
    assert!(is_running(&child));
    let error = stack.invoke("rude", json!("fork and exit")).await.unwrap_err();
    assert_eq!(error, InvokeError::Exited("Runtime exited with error: exit status 4".to_owned()));
    eventually("the first child ended", || !is_running(&child)).await;
    let orphan = || stack.logs().lines().find_map(|line| Some(line.strip_prefix("rude child ")?.to_owned()));
    eventually("the second child ended", || orphan().is_some_and(|child| !is_running(&child))).await;

    let child = stack.invoke("rude", json!("fork")).await.unwrap().to_string();
    stack.shutdown().await;
    eventually("the third child ended", || !is_running(&child)).await;
}

// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown>
#[tokio::test]
async fn a_function_that_ignores_sigterm_ends_at_once() {
    let (place, stack) = started().await;
    let script = format!("#!/bin/sh\ntrap '' TERM\nexec {}\n", example_named("rude").display());
    std::fs::write(place.path("rude"), script).unwrap();
    let process = stack.invoke("rude", json!("pid")).await.unwrap().to_string();
    stack.shutdown().await;
    assert!(!is_running(&process), "{process}");
}

#[tokio::test]
async fn a_function_that_prints_without_end_delays_no_answer() {
    // The timeout outlasts a busy machine.
    let place =
        Place::with(&TEMPLATE.replace("Timeout: 1", "Timeout: 60"), &example_named("rude"), &["rude"]);
    let stack = place.builder().invoke_port(0).start().await.unwrap();
    let url = format!("{}/2015-03-31/functions/rude/invocations", stack.invoke_url().unwrap());
    for event in ["\"flood afterwards\"", "null"] {
        let request = reqwest::Client::new().post(&url).header("x-amz-log-type", "Tail").body(event);
        let reply = request.send().await.unwrap();
        assert!(reply.headers().contains_key("x-amz-log-result"), "{reply:?}");
        assert_eq!(reply.text().await.unwrap(), "null", "{event}");
    }
}

// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-response>
#[tokio::test]
async fn a_second_answer_changes_nothing() {
    let (_place, stack) = started().await;
    assert_eq!(stack.invoke("rude", json!("twice")).await, Ok(json!(1)));
    assert_eq!(stack.invoke("rude", json!("")).await, Ok(json!(null)));
}

// Captured on AWS: LocalStack, test_runtime_ulimits.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_function_can_have_1024_files_open() {
    let (_place, stack) = started().await;
    let limits = stack.invoke("rude", json!("limits")).await.unwrap().to_string();
    let numbers: Vec<&str> = limits.split_whitespace().filter(|word| word.parse::<u64>().is_ok()).collect();
    assert_eq!(numbers, ["1024", "1024"], "{limits}");
}
