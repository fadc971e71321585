//! The changes of tables, as functions receive them.

use std::time::Duration;

use local::{Builder, Stack};
use serde_json::{Value, json};

use crate::database::call;
use crate::events::heard;
use crate::support::{Place, eventually, example_named};

/// Returns a template with a table whose changes go to `watch`.
fn template(properties: &str) -> String {
    format!(
        "
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{{ AttributeName: pk, AttributeType: S }}]
      KeySchema: [{{ AttributeName: pk, KeyType: HASH }}]
      BillingMode: PAY_PER_REQUEST
      StreamSpecification: {{ StreamViewType: NEW_AND_OLD_IMAGES }}
      TimeToLiveSpecification: {{ AttributeName: expiresAt, Enabled: true }}
  WatchFunction:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: 5
      Environment: {{ Variables: {{ SCRIPT: /nowhere }} }}
      Events:
        Changes:
          Type: DynamoDB
          Properties: {{ Stream: !GetAtt Table.StreamArn, {properties} }}
"
    )
}

fn place(properties: &str, script: &str) -> Place {
    let place = Place::with(&template(properties), &example_named("listener"), &["watch"]);
    std::fs::write(place.path("script"), script).unwrap();
    place
}

fn builder(place: &Place) -> Builder {
    let script = place.path("script").to_str().unwrap().to_owned();
    place.builder().retry_wait(Duration::from_millis(5)).env("SCRIPT", script)
}

async fn write(stack: &Stack, operation: &str, body: Value) {
    let mut body = body;
    body["TableName"] = "Table".into();
    assert_eq!(call(&stack.dynamodb_url(), operation, &body).await.unwrap(), json!({}));
}

/// Writes all items at once, so that they form one batch.
async fn put(stack: &Stack, items: &[Value]) {
    let puts: Vec<Value> =
        items.iter().map(|item| json!({ "Put": { "TableName": "Table", "Item": item } })).collect();
    let body = json!({ "TransactItems": puts });
    assert_eq!(call(&stack.dynamodb_url(), "TransactWriteItems", &body).await.unwrap(), json!({}));
}

fn item(key: &str) -> Value {
    json!({ "pk": { "S": key } })
}

fn bad(key: &str) -> Value {
    json!({ "pk": { "S": key }, "bad": { "BOOL": true } })
}

/// Returns the keys of each batch that the function received.
fn batches(stack: &Stack) -> Vec<String> {
    let keys = |event: &Value| {
        let records = event["heard"]["Records"].as_array().unwrap().clone();
        records
            .iter()
            .map(|record| record["dynamodb"]["Keys"]["pk"]["S"].as_str().unwrap().to_owned())
            .collect()
    };
    heard(stack, "watch").iter().map(keys).collect()
}

// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html>; captured on AWS by tecracer.com.
#[tokio::test]
async fn a_write_that_changes_nothing_is_no_change() {
    let place = place("StartingPosition: TRIM_HORIZON, BatchSize: 1", "");
    let stack = builder(&place).start().await.unwrap();
    for key in ["a", "a", "a", "b"] {
        write(&stack, "PutItem", json!({ "Item": item(key) })).await;
    }
    eventually("two changes", || batches(&stack).len() == 2).await;
    stack.shutdown().await;
    assert_eq!(batches(&stack), ["a", "b"]);
}

#[tokio::test]
async fn a_function_gets_what_has_changed() {
    let place = place("StartingPosition: TRIM_HORIZON", "");
    let stack = builder(&place).start().await.unwrap();
    write(&stack, "PutItem", json!({ "Item": { "pk": { "S": "a" }, "n": { "N": "1" } } })).await;
    write(&stack, "PutItem", json!({ "Item": item("b") })).await;
    write(&stack, "DeleteItem", json!({ "Key": item("b") })).await;
    // The item has expired, so the stack may remove it at any time.
    write(&stack, "PutItem", json!({ "Item": { "pk": { "S": "a" }, "expiresAt": { "N": "1" } } })).await;
    let database = stack.dynamodb().database().clone();
    tokio::task::spawn_blocking(move || database.sweep_ttl().unwrap()).await.unwrap();
    let records = || -> Vec<Value> {
        heard(&stack, "watch")
            .iter()
            .flat_map(|event| event["heard"]["Records"].as_array().unwrap().clone())
            .collect()
    };
    eventually("five changes", || records().len() == 5).await;
    let mut records = records();
    let numbers: Vec<String> =
        records.iter().map(|record| record["dynamodb"]["SequenceNumber"].to_string()).collect();
    assert!(numbers.is_sorted(), "{numbers:?}");
    let names: Vec<&str> = records.iter().map(|record| record["eventName"].as_str().unwrap()).collect();
    assert_eq!(names, ["INSERT", "INSERT", "REMOVE", "MODIFY", "REMOVE"]);
    let service = json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" });
    assert_eq!((&records[2]["userIdentity"], &records[4]["userIdentity"]), (&Value::Null, &service));

    let modified = &mut records[3];
    for path in [
        "/eventID",
        "/dynamodb/SequenceNumber",
        "/dynamodb/SizeBytes",
        "/dynamodb/ApproximateCreationDateTime",
    ] {
        assert!(!modified.pointer_mut(path).unwrap().take().is_null(), "{path}");
    }
    assert_eq!(
        *modified,
        json!({
            "eventID": null,
            "eventName": "MODIFY",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1",
            "eventSourceARN": "arn:aws:dynamodb:us-east-1:000000000000:table/Table/stream/local",
            "dynamodb": {
                "Keys": { "pk": { "S": "a" } },
                "NewImage": { "pk": { "S": "a" }, "expiresAt": { "N": "1" } },
                "OldImage": { "pk": { "S": "a" }, "n": { "N": "1" } },
                "SequenceNumber": null,
                "SizeBytes": null,
                "StreamViewType": "NEW_AND_OLD_IMAGES",
                "ApproximateCreationDateTime": null,
            },
        })
    );
}

#[tokio::test]
async fn a_failing_batch_is_tried_again_before_what_comes_after() {
    let place = place(
        "StartingPosition: LATEST, BatchSize: 2, MaximumRetryAttempts: 2",
        "fail\nfail\n\nfail\nfail\nfail\n",
    );
    let stack = builder(&place).start().await.unwrap();
    put(&stack, &[item("a"), item("b"), item("c"), item("d"), item("e")]).await;
    eventually("all are dealt with", || batches(&stack).last().is_some_and(|last| last == "e")).await;
    assert_eq!(batches(&stack), ["ab", "ab", "ab", "cd", "cd", "cd", "e"]);
    let logs = stack.logs();
    assert_eq!(logs.matches("is given up after 3 attempts").count(), 1, "{logs}");
    assert!(logs.contains("watch: the batch of 2 records from "), "{logs}");
}

#[tokio::test]
async fn what_the_answer_calls_failed_is_tried_again_and_no_more() {
    let failed =
        |number: &str| format!("{{\"batchItemFailures\": [{{\"itemIdentifier\": \"{number}\"}}]}}\n");
    let script =
        [failed("#2"), failed("unknown"), failed("#1"), "{\"batchItemFailures\": []}".to_owned()].concat();
    let place = place("StartingPosition: LATEST, FunctionResponseTypes: [ReportBatchItemFailures]", &script);
    let stack = builder(&place).start().await.unwrap();
    put(&stack, &[item("a"), item("b"), item("c"), item("d")]).await;
    eventually("all are dealt with", || batches(&stack).len() == 4).await;
    put(&stack, &[item("e")]).await;
    eventually("more come", || batches(&stack).len() == 5).await;
    assert_eq!(batches(&stack), ["abcd", "cd", "cd", "d", "e"]);
}

#[tokio::test]
async fn a_bad_record_is_found_by_halving() {
    let place =
        place("StartingPosition: LATEST, BisectBatchOnFunctionError: true, MaximumRetryAttempts: 1", "");
    let stack = builder(&place).start().await.unwrap();
    put(&stack, &[item("a"), item("b"), bad("c"), item("d")]).await;
    eventually("all are dealt with", || batches(&stack).last().is_some_and(|last| last == "d")).await;
    assert_eq!(batches(&stack), ["abcd", "ab", "cd", "c", "c", "d"]);
}

#[tokio::test]
async fn a_batch_waits_for_its_window_or_until_it_is_full() {
    let place = place("StartingPosition: LATEST, BatchSize: 3, MaximumBatchingWindowInSeconds: 300", "");
    let stack = builder(&place).start().await.unwrap();
    for key in ["a", "b", "c"] {
        assert_eq!(batches(&stack), Vec::<String>::new());
        put(&stack, &[item(key)]).await;
    }
    eventually("it is full", || batches(&stack) == ["abc"]).await;
}

#[tokio::test]
async fn the_next_run_goes_on_where_the_last_one_was() {
    let place = place("StartingPosition: LATEST, MaximumRetryAttempts: 9999", "\nfail\n");
    let script = place.path("script").to_str().unwrap().to_owned();
    let start = || {
        Stack::builder()
            .template(place.path("template.yaml"))
            .binaries(place.dir.path())
            .data_dir(place.path("data"))
            .retry_wait(Duration::from_hours(1))
            .env("SCRIPT", &script)
            .start()
    };
    let first = start().await.unwrap();
    put(&first, &[item("a")]).await;
    eventually("the first is taken", || batches(&first) == ["a"]).await;
    put(&first, &[item("b")]).await;
    eventually("the second fails", || batches(&first) == ["a", "b"]).await;
    first.shutdown().await;
    drop(first);

    let second = start().await.unwrap();
    eventually("the second is tried again", || batches(&second) == ["b"]).await;
}
