//! The embedded database.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningParams, SigningSettings, sign};
use aws_sigv4::sign::v4;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::Place;

/// An access key, as a client has it.
#[derive(Clone, Debug)]
pub(crate) struct AccessKey {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
}

impl AccessKey {
    /// The key of the account's owner.
    pub(crate) fn root() -> Self {
        let (id, secret) = local::access::ROOT;
        Self { id: id.to_owned(), secret: secret.to_owned(), token: None }
    }

    /// Signs a call of `DynamoDB` that is sent to `url` at this time.
    pub(crate) fn sign(&self, url: &str, operation: &str, body: &str, at: SystemTime) -> Request {
        let credentials = Credentials::new(&self.id, &self.secret, self.token.clone(), None, "test").into();
        let params = v4::SigningParams::builder()
            .identity(&credentials)
            .region("us-east-1")
            .name("dynamodb")
            .time(at)
            .settings(SigningSettings::default())
            .build()
            .unwrap();
        let target = format!("DynamoDB_20120810.{operation}");
        let headers =
            [("content-type", "application/x-amz-json-1.0"), ("host", &url[7..]), ("x-amz-target", &target)];
        let request = SignableRequest::new(
            "POST",
            format!("{url}/"),
            headers.into_iter(),
            SignableBody::Bytes(body.as_bytes()),
        );
        let (signed, _) = sign(request.unwrap(), &SigningParams::V4(params)).unwrap().into_parts();
        let own = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let added = signed.headers().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Request { url: url.to_owned(), headers: own.chain(added).collect(), body: body.to_owned() }
    }

    /// A call of `DynamoDB`'s HTTP API; `None` when nobody listens.
    pub(crate) async fn call(&self, url: &str, operation: &str, body: &Value) -> Option<Value> {
        self.sign(url, operation, &body.to_string(), now()).send().await
    }
}

#[expect(clippy::disallowed_methods, reason = "a signature is of now")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

/// A call that is ready to be sent.
pub(crate) struct Request {
    url: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) async fn send(&self) -> Option<Value> {
        let mut stream = TcpStream::connect(&self.url[7..]).await.ok()?;
        let mut head = "POST / HTTP/1.1\r\nConnection: close\r\n".to_owned();
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        let request = format!("{head}Content-Length: {}\r\n\r\n{}", self.body.len(), self.body);
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        Some(serde_json::from_str(answer.split_once("\r\n\r\n")?.1).unwrap_or_else(|_| json!(answer)))
    }
}

/// A call of the account's owner; `None` when nobody listens.
pub(crate) async fn call(url: &str, operation: &str, body: &Value) -> Option<Value> {
    AccessKey::root().call(url, operation, body).await
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
    let secret = first.secret("ACCESS_TOKEN_SECRET").unwrap().to_owned();
    first.shutdown().await;

    let second = on_disk().start().await.unwrap();
    assert_eq!(
        call(&second.dynamodb_url(), "GetItem", &key(second.table_name())).await.unwrap()["Item"]["n"]["N"],
        "1"
    );
    assert_eq!(second.secret("ACCESS_TOKEN_SECRET"), Some(secret.as_str()));
    assert_eq!(second.made_up_secrets(), Vec::<String>::new());
}
