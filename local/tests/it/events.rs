//! Asynchronous events: S3's, and those of the Invoke API.

use std::time::Duration;

use local::Stack;
use serde_json::{Value, json};

use crate::s3;
use crate::support::{Place, eventually, example_named};

const TEMPLATE: &str = r#"
Globals:
  Function:
    Timeout: 5
    ReservedConcurrentExecutions: 1
    Environment: { Variables: { SCRIPT: /nowhere } }
Resources:
  Files: { Type: AWS::S3::Bucket }
  Others: { Type: AWS::S3::Bucket }
  CheckFunction:
    Type: AWS::Serverless::Function
    Properties:
      EventInvokeConfig: { MaximumRetryAttempts: 2 }
      Events:
        Uploaded:
          Type: S3
          Properties:
            Bucket: !Ref Files
            Events: s3:ObjectCreated:*
            Filter: { S3Key: { Rules: [{ Name: prefix, Value: in/ }, { Name: suffix, Value: .txt }] } }
  WatchFunction:
    Type: AWS::Serverless::Function
    Properties:
      EventInvokeConfig: { MaximumRetryAttempts: 0 }
      Events:
        Changed:
          Type: S3
          Properties: { Bucket: !Ref Others, Events: ["s3:ObjectRemoved:*", "s3:ObjectCreated:Copy", "s3:ObjectCreated:Post"] }
"#;

fn place() -> Place {
    Place::with(TEMPLATE, &example_named("listener"), &["check", "watch"])
}

async fn start(place: &Place, script: &str) -> Stack {
    std::fs::write(place.path("script"), script).unwrap();
    let builder = place.builder().retry_wait(Duration::from_millis(5)).invoke_port(0);
    builder.env("SCRIPT", place.path("script").to_str().unwrap()).start().await.unwrap()
}

/// Returns the events that the function has received so far, each with its request id.
pub(crate) fn heard(stack: &Stack, function: &str) -> Vec<Value> {
    let logs = stack.logs();
    logs.lines()
        .filter_map(|line| line.strip_prefix(function)?.strip_prefix(' '))
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| !line["heard"].is_null())
        .collect()
}

#[tokio::test]
async fn a_function_is_told_of_the_objects_it_asked_for() {
    let place = place();
    let stack = start(&place, "").await;
    let client = s3::client(&stack.s3_url());
    for key in ["in/a.html", "out/a.txt", "in/a b+\u{e4}.txt"] {
        s3::put(&client, key, b"hello").await;
    }
    eventually("the event is there", || !heard(&stack, "check").is_empty()).await;
    stack.shutdown().await;
    assert!(!stack.logs().contains("is lost"), "{}", stack.logs());
    let events = heard(&stack, "check");
    assert_eq!(events.len(), 1, "{events:?}");
    let mut record = events[0]["heard"]["Records"][0].clone();
    let time = record["eventTime"].take();
    assert!(time.as_str().unwrap().ends_with('Z') && time.as_str().unwrap().len() == 24, "{time}");
    assert_eq!(record["s3"]["object"]["sequencer"].take().as_str().unwrap().len(), 18);
    assert_eq!(record["responseElements"]["x-amz-request-id"].take().as_str().unwrap().len(), 32);
    assert_eq!(
        record,
        json!({
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": "us-east-1",
            "eventTime": null,
            "eventName": "ObjectCreated:Put",
            "userIdentity": { "principalId": "AWS:local" },
            "requestParameters": { "sourceIPAddress": "127.0.0.1" },
            "responseElements": { "x-amz-request-id": null, "x-amz-id-2": "local" },
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": "Uploaded",
                "bucket": {
                    "name": "files", "ownerIdentity": { "principalId": "local" }, "arn": "arn:aws:s3:::files" },
                "object": {
                    "key": "in/a+b%2B%C3%A4.txt",
                    "size": 5,
                    "eTag": "5d41402abc4b2a76b9719d911017c592",
                    "sequencer": null,
                },
            },
        })
    );
}

#[tokio::test]
async fn copies_removals_and_forms_are_events_of_their_own() {
    let place = place();
    let stack = start(&place, "").await;
    let client = s3::client(&stack.s3_url());
    s3::put(&client, "a", b"hello").await;
    let copy = client.copy_object().copy_source("files/a").bucket("others").key("b");
    copy.send().await.unwrap();
    for _ in 0..2 {
        // Removing an object that does not exist is an event, too. Captured on AWS: LocalStack, test_delete_objects.
        client.delete_object().bucket("others").key("b").send().await.unwrap();
    }
    let copy = client.copy_object().copy_source("files/a").bucket("others").key("c");
    copy.send().await.unwrap();
    let form = s3::post_form("others", "d", "hello");
    let post = reqwest::Client::new().post(format!("{}/others", stack.s3_url()));
    let post =
        post.header("content-type", "multipart/form-data; boundary=x").body(form).send().await.unwrap();
    assert_eq!(post.status(), 204, "{}", post.text().await.unwrap());
    eventually("five events", || heard(&stack, "watch").len() >= 5).await;
    stack.shutdown().await;
    let mut changes: Vec<_> = heard(&stack, "watch")
        .iter()
        .map(|event| event["heard"]["Records"][0].clone())
        .map(|record| {
            let object = &record["s3"]["object"];
            (
                object["sequencer"].to_string(),
                record["eventName"].clone(),
                object["key"].clone(),
                object["size"].clone(),
            )
        })
        .collect();
    changes.sort_by(|left, right| left.0.cmp(&right.0));
    let changes: Vec<_> = changes.into_iter().map(|(_, event, key, size)| (event, key, size)).collect();
    assert_eq!(
        changes,
        [
            (json!("ObjectCreated:Copy"), json!("b"), json!(5)),
            (json!("ObjectRemoved:Delete"), json!("b"), Value::Null),
            (json!("ObjectRemoved:Delete"), json!("b"), Value::Null),
            (json!("ObjectCreated:Copy"), json!("c"), json!(5)),
            // Captured on AWS: LocalStack, test_object_created_complete_multipart_upload and its neighbours.
            (json!("ObjectCreated:Post"), json!("d"), json!(5)),
        ]
    );
}

#[tokio::test]
async fn a_failed_event_is_tried_again_as_often_as_the_template_says() {
    let place = place();
    let stack = start(&place, "fail\nfail\nfail\nfail\n").await;
    let client = s3::client(&stack.s3_url());
    s3::put(&client, "in/a.txt", b"hello").await;
    eventually("it is given up", || stack.logs().contains("is given up after 3 attempts")).await;
    let events = heard(&stack, "check");
    assert_eq!(events.len(), 3);
    assert!(events.iter().all(|event| event == &events[0]), "{events:?}");
    let id = events[0]["requestId"].as_str().unwrap();
    assert!(
        stack
            .logs()
            .contains(&format!("check: event {id} is given up after 3 attempts: the function failed"))
    );
    assert!(stack.logs().contains("is retried in 10ms"), "{}", stack.logs());

    // The script asks for one more failure, and then the function succeeds.
    s3::put(&client, "in/b.txt", b"hello").await;
    eventually("it succeeds", || std::fs::read_to_string(place.path("script")).unwrap().is_empty()).await;
    eventually("again", || heard(&stack, "check").len() == 5).await;

    std::fs::write(place.path("script"), "fail\nfail\n").unwrap();
    client.copy_object().copy_source("files/in/a.txt").bucket("others").key("b").send().await.unwrap();
    eventually("it is given up", || stack.logs().contains("is given up after 1 attempts")).await;
    assert_eq!(heard(&stack, "watch").len(), 1);
}

#[tokio::test]
async fn the_invoke_api_takes_events_and_names_them() {
    let place = place();
    let stack = start(&place, "fail\n").await;
    let url = format!("{}/2015-03-31/functions/check/invocations", stack.invoke_url().unwrap());
    let invoke = |body: String| {
        reqwest::Client::new().post(&url).header("x-amz-invocation-type", "Event").body(body).send()
    };
    let accepted = invoke("{\"a\": 1}".to_owned()).await.unwrap();
    assert_eq!(accepted.status(), 202);
    let id = accepted.headers()["x-amzn-requestid"].to_str().unwrap().to_owned();
    assert_eq!(accepted.bytes().await.unwrap(), "");
    eventually("it is tried twice", || heard(&stack, "check").len() == 2).await;
    for event in heard(&stack, "check") {
        assert_eq!(event, json!({ "heard": { "a": 1 }, "requestId": id }));
    }
    let long = format!("\"{}\"", "x".repeat(1024 * 1024));
    assert_eq!(invoke(long).await.unwrap().status(), 413);
}

#[tokio::test]
async fn an_event_that_cannot_be_delivered_any_more_is_logged() {
    let place = place();
    std::fs::write(place.path("script"), "fail\n").unwrap();
    // The wait outlasts the test.
    let builder = place.builder().retry_wait(Duration::from_hours(1));
    let stack = builder.env("SCRIPT", place.path("script").to_str().unwrap()).start().await.unwrap();
    s3::put(&s3::client(&stack.s3_url()), "in/a.txt", b"hello").await;
    eventually("it waits", || stack.logs().contains("is retried in 3600s")).await;
    let id = heard(&stack, "check")[0]["requestId"].as_str().unwrap().to_owned();
    stack.shutdown().await;
    let line = format!("check: event {id} is lost: local is stopping");
    assert!(stack.logs().contains(&line), "{}", stack.logs());
}
