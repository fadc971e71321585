//! The embedded database.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::Place;

/// Calls `DynamoDB`'s HTTP API. Returns `None` if nothing listens.
pub(crate) async fn call(url: &str, operation: &str, body: &Value) -> Option<Value> {
    let mut stream = TcpStream::connect(url.replace("http://", "")).await.ok()?;
    let body = body.to_string();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: local\r\nConnection: close\r\nContent-Type: application/x-amz-json-1.0\r\n\
         X-Amz-Target: DynamoDB_20120810.{operation}\r\nX-Amz-Date: 20261120T000000Z\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=a/20261120/us-east-1/dynamodb/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature=0\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    Some(serde_json::from_str(answer.split_once("\r\n\r\n")?.1).unwrap())
}

fn item(table: &str) -> Value {
    json!({ "TableName": table, "Item": { "pk": { "S": "a" }, "sk": { "S": "a" }, "n": { "N": "1" } } })
}

fn key(table: &str) -> Value {
    json!({ "TableName": table, "Key": { "pk": { "S": "a" }, "sk": { "S": "a" } } })
}

#[tokio::test]
async fn it_can_be_stopped_and_is_back_with_its_data() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let (url, table) = (stack.dynamodb_url(), stack.table_name());
    assert_eq!(call(&url, "PutItem", &item(table)).await.unwrap(), json!({}));

    stack.stop_dynamodb().await.unwrap();
    assert_eq!(call(&url, "GetItem", &key(table)).await, None);
    stack.stop_dynamodb().await.unwrap();

    stack.start_dynamodb().unwrap();
    assert_eq!(stack.dynamodb_url(), url);
    assert_eq!(call(&url, "GetItem", &key(table)).await.unwrap()["Item"]["n"]["N"], "1");
}

#[tokio::test]
async fn stacks_in_memory_do_not_share_data() {
    let place = Place::new();
    let (first, second) = (place.builder().start().await.unwrap(), place.builder().start().await.unwrap());
    call(&first.dynamodb_url(), "PutItem", &item(first.table_name())).await.unwrap();
    assert_eq!(call(&second.dynamodb_url(), "GetItem", &key(second.table_name())).await.unwrap(), json!({}));
}

#[tokio::test]
async fn data_on_disk_is_kept_and_belongs_to_one_stack() {
    let place = Place::new();
    let on_disk = || {
        local::Stack::builder()
            .template(place.path("template.yaml"))
            .binaries(place.dir.path())
            .data_dir(place.path("data"))
    };
    let first = on_disk().start().await.unwrap();
    call(&first.dynamodb_url(), "PutItem", &item(first.table_name())).await.unwrap();
    let error = on_disk().start().await.unwrap_err().to_string();
    assert!(error.contains("another local is running"), "{error}");
    let secret = first.secret("TOKEN").unwrap().to_owned();
    first.shutdown().await;

    let second = on_disk().start().await.unwrap();
    assert_eq!(
        call(&second.dynamodb_url(), "GetItem", &key(second.table_name())).await.unwrap()["Item"]["n"]["N"],
        "1"
    );
    assert_eq!(second.secret("TOKEN"), Some(secret.as_str()));
    assert_eq!(second.made_up_secrets(), Vec::<String>::new());
}
