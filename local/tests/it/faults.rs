//! Faults of `DynamoDB` and S3, as functions meet them.

use std::process::Command;
use std::time::{Duration, Instant};

use local::{Faults, Stack};
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::database::call;
use crate::support::{Place, environment};

/// A stack with faults, and the endpoint at which its functions find `DynamoDB`.
struct Faulty {
    _place: Place,
    stack: Stack,
    faults: Faults,
    dynamodb: String,
}

impl Faulty {
    async fn start() -> Self {
        let (place, faults) = (Place::new(), Faults::default());
        let stack = place.builder().faults(faults.clone()).start().await.unwrap();
        let dynamodb = environment(&stack).await["AWS_ENDPOINT_URL_DYNAMODB"].clone();
        Self { _place: place, stack, faults, dynamodb }
    }

    fn add(&self, rule: &str) {
        self.faults.add(rule.parse().unwrap());
    }

    async fn call(&self, operation: &str, body: Value) -> Option<Value> {
        let mut body = body;
        body["TableName"] = json!(self.stack.table_name());
        call(&self.dynamodb, operation, &body).await
    }

    async fn put(&self) -> Option<Value> {
        self.call("PutItem", json!({ "Item": key() })).await
    }

    async fn get(&self) -> Option<Value> {
        self.call("GetItem", json!({ "Key": key() })).await
    }

    /// Adds 1 to a number in a transaction with this token.
    async fn count(&self, token: &str) -> Option<Value> {
        let update = json!({ "Update": {
            "TableName": self.stack.table_name(), "Key": key(), "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": { ":one": { "N": "1" } },
        } });
        let condition = json!({ "ConditionCheck": {
            "TableName": self.stack.table_name(), "Key": { "pk": { "S": "b" }, "sk": { "S": "b" } },
            "ConditionExpression": "attribute_not_exists(pk)",
        } });
        let body = json!({ "ClientRequestToken": token, "TransactItems": [update, condition] });
        call(&self.dynamodb, "TransactWriteItems", &body).await
    }
}

fn key() -> Value {
    json!({ "pk": { "S": "a" }, "sk": { "S": "a" } })
}

fn kind(answer: Option<&Value>) -> &str {
    let kind = answer.unwrap()["__type"].as_str().unwrap();
    kind.strip_prefix("com.amazonaws.dynamodb.v20120810#").unwrap()
}

#[tokio::test]
async fn without_faults_functions_are_told_where_the_services_are() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    assert_eq!(environment(&stack).await["AWS_ENDPOINT_URL_DYNAMODB"], stack.dynamodb_url());
    assert_eq!(environment(&stack).await["AWS_ENDPOINT_URL_S3"], stack.s3_url());
}

#[tokio::test]
async fn without_a_rule_calls_are_passed_on_and_recorded() {
    let local = Faulty::start().await;
    assert_ne!(local.dynamodb, local.stack.dynamodb_url());
    assert_eq!(local.put().await, Some(json!({})));
    assert_eq!(local.get().await.unwrap()["Item"], key());
    let calls: Vec<String> = local.faults.calls().iter().map(ToString::to_string).collect();
    assert_eq!(calls, ["dynamodb:PutItem", "dynamodb:GetItem"]);
}

#[tokio::test]
async fn a_refused_call_is_answered_as_dynamodb_does_and_not_done() {
    let local = Faulty::start().await;
    for (fault, error) in [
        ("throttle", "ProvisionedThroughputExceededException"),
        ("conflict", "TransactionConflictException"),
        ("500", "InternalServerError"),
    ] {
        local.faults.clear();
        local.add(&format!("dynamodb:PutItem:{fault}:nth=1"));
        assert_eq!(kind(local.put().await.as_ref()), error);
        assert_eq!(local.get().await, Some(json!({})), "{fault}");
    }
    local.faults.clear();
    assert_eq!(local.put().await, Some(json!({})));
}

#[tokio::test]
async fn a_refused_transaction_says_which_item_is_why() {
    let local = Faulty::start().await;
    for (fault, code) in [("throttle", "ThrottlingError"), ("conflict", "TransactionConflict")] {
        local.faults.clear();
        local.add(&format!("dynamodb:TransactWriteItems:{fault}"));
        let answer = local.count("token").await.unwrap();
        assert_eq!(kind(Some(&answer)), "TransactionCanceledException");
        let reasons = answer["CancellationReasons"].as_array().unwrap();
        let codes: Vec<_> = reasons.iter().map(|reason| reason["Code"].as_str().unwrap()).collect();
        assert_eq!(codes, [code, "None"]);
        assert!(answer["Message"].as_str().unwrap().ends_with(&format!("[{code}, None]")), "{answer}");
        assert_eq!(local.get().await, Some(json!({})));
    }
}

#[tokio::test]
async fn a_call_is_cut_before_it_is_done_or_after_it() {
    let local = Faulty::start().await;
    local.add("dynamodb:PutItem:cut:nth=1");
    local.add("dynamodb:PutItem:lose-answer:nth=2");
    assert_eq!(local.put().await, None);
    assert_eq!(local.get().await, Some(json!({})));
    assert_eq!(local.put().await, None);
    assert_eq!(local.get().await.unwrap()["Item"], key());
}

#[tokio::test]
async fn a_slow_call_is_done_and_answered_later() {
    const DELAY: Duration = Duration::from_millis(50);
    let local = Faulty::start().await;
    local.add("dynamodb:*:slow=50:nth=1");
    let asked = Instant::now();
    assert_eq!(local.put().await, Some(json!({})));
    assert!(asked.elapsed() >= DELAY);
    assert_eq!(local.get().await.unwrap()["Item"], key());
}

#[tokio::test]
async fn a_transaction_whose_answer_was_lost_is_not_done_again_with_the_same_token() {
    let local = Faulty::start().await;
    local.add("dynamodb:TransactWriteItems:lose-answer:nth=1");
    assert_eq!(local.count("token").await, None);
    for _ in 0..2 {
        assert_eq!(local.count("token").await, Some(json!({})));
        assert_eq!(local.get().await.unwrap()["Item"]["n"]["N"], "1");
    }
    local.count("another token").await.unwrap();
    assert_eq!(local.get().await.unwrap()["Item"]["n"]["N"], "2");
}

#[tokio::test]
async fn a_stopped_database_is_stopped_for_functions_too() {
    let local = Faulty::start().await;
    local.put().await.unwrap();
    local.stack.stop_dynamodb().await.unwrap();
    assert_eq!(local.get().await, None);
    local.stack.start_dynamodb().unwrap();
    assert_eq!(local.get().await.unwrap()["Item"], key());
}

/// Returns status, media type and body of the answer to an unsigned request for an object.
async fn s3(url: &str, method: Method, key: &str) -> Option<(u16, String, String)> {
    let answer = reqwest::Client::new().request(method, format!("{url}/bucket/{key}")).send().await.ok()?;
    let media_type = answer.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
    Some((answer.status().as_u16(), media_type, answer.text().await.unwrap()))
}

#[tokio::test]
async fn a_refused_call_is_answered_as_s3_does() {
    let local = Faulty::start().await;
    let url = environment(&local.stack).await["AWS_ENDPOINT_URL_S3"].clone();
    local.add("s3:GetObject/files/:throttle");
    local.add("s3:PutObject:500");
    local.add("s3:DeleteObject:cut");
    for (method, status, code) in [(Method::GET, 503, "SlowDown"), (Method::PUT, 500, "InternalError")] {
        let (answered, media_type, body) = s3(&url, method, "files/a").await.unwrap();
        assert_eq!((answered, &*media_type), (status, "application/xml"), "{body}");
        assert!(body.contains(&format!("<Code>{code}</Code>")), "{body}");
    }
    assert_eq!(s3(&url, Method::DELETE, "files/a").await, None);
    let (status, _, body) = s3(&url, Method::GET, "incoming/a").await.unwrap();
    assert!((400..500).contains(&status) && body.contains("<Error>"), "the service's own: {status} {body}");
    let calls: Vec<String> = local.faults.calls().iter().map(ToString::to_string).collect();
    assert_eq!(
        calls,
        [
            "s3:GetObject/files/a",
            "s3:PutObject/files/a",
            "s3:DeleteObject/files/a",
            "s3:GetObject/incoming/a"
        ]
    );
}

#[test]
fn a_fault_on_the_command_line_that_is_none_is_said_so() {
    let local =
        |arguments: &[&str]| Command::new(env!("CARGO_BIN_EXE_local")).args(arguments).output().unwrap();
    let refused = local(&["--fault", "dynamodb:PutItem:explode"]);
    let errors = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success());
    assert!(errors.contains("there is no fault \"explode\": throttle, conflict, 500"), "{errors}");
    let help = String::from_utf8(local(&["--help"]).stdout).unwrap();
    assert!(help.contains("--fault <SERVICE:OPERATION:FAULT[:WHEN]>"), "{help}");
}
