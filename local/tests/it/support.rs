//! A stack of test functions, and a client that sends exactly the given bytes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use local::{Builder, Stack};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) const TEMPLATE: &str = r#"
Globals:
  Function:
    Timeout: 5
  HttpApi:
    CorsConfiguration:
      AllowOrigins: [http://a.test]
      AllowMethods: [GET]
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }, { AttributeName: sk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }, { AttributeName: sk, KeyType: RANGE }]
      BillingMode: PAY_PER_REQUEST
  Files:
    Type: AWS::S3::Bucket
    Properties:
      CorsConfiguration:
        CorsRules:
          - AllowedOrigins: [http://a.test]
            AllowedMethods: [GET, PUT]
            AllowedHeaders: [Content-Type, "x-amz-*"]
            ExposedHeaders: [ETag]
            MaxAge: 60
  EchoFunction:
    Type: AWS::Serverless::Function
    Properties:
      Environment:
        Variables:
          TABLE_NAME: !Ref Table
          INIT_FILE: !Sub "/nowhere"
          ACCESS_TOKEN_SECRET: "{{resolve:secretsmanager:Some}}"
      FunctionUrlConfig: { AuthType: NONE, InvokeMode: RESPONSE_STREAM }
      Events:
        Echo: { Type: HttpApi, Properties: { Path: /echo, Method: ANY } }
        Item: { Type: HttpApi, Properties: { Path: "/echo/{id}", Method: ANY } }
  HurriedFunction:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: 1
      FunctionUrlConfig: { AuthType: NONE, InvokeMode: RESPONSE_STREAM }
      Events:
        Any: { Type: HttpApi, Properties: { Path: /hurried, Method: ANY } }
  NarrowFunction:
    Type: AWS::Serverless::Function
    Properties:
      ReservedConcurrentExecutions: 1
      FunctionUrlConfig:
        AuthType: NONE
        Cors: { AllowOrigins: [http://url.test], AllowMethods: [POST] }
      Events:
        Any: { Type: HttpApi, Properties: { Path: /narrow, Method: ANY } }
  FallbackFunction:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Any: { Type: HttpApi }
"#;

/// A template and binaries in a directory of their own.
pub(crate) struct Place {
    pub(crate) dir: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::with(TEMPLATE, &example(), &["echo", "hurried", "narrow", "fallback"])
    }

    /// Sets up functions that all have the same binary.
    pub(crate) fn with(template: &str, binary: &Path, functions: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("template.yaml"), template).unwrap();
        for name in functions {
            std::fs::copy(binary, dir.path().join(name)).unwrap();
        }
        Self { dir }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn builder(&self) -> Builder {
        Stack::builder().template(self.path("template.yaml")).binaries(self.dir.path()).in_memory().quiet()
    }
}

/// Returns the path of the example `echo`, which cargo builds beside the tests.
pub(crate) fn example() -> PathBuf {
    example_named("echo")
}

pub(crate) fn example_named(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().parent().unwrap().join("examples").join(name)
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// The header names, in lower case and in the order of arrival.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Sends a GET of a path.
pub(crate) async fn get(stack: &Stack, target: &str) -> Reply {
    send(stack, "GET", target, &[], b"").await
}

/// Sends any request, with `Host`, `Connection: close` and `Content-Length` added.
pub(crate) async fn send(
    stack: &Stack,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Reply {
    let mut head = vec![format!("{method} {target} HTTP/1.1"), "Host: api.localhost".to_owned()];
    head.push("Connection: close".to_owned());
    head.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
    if !body.is_empty() {
        head.push(format!("Content-Length: {}", body.len()));
    }
    let head = head.join("\r\n") + "\r\n\r\n";
    raw(stack, &[head.as_bytes(), body].concat()).await
}

/// Sends these bytes unchanged.
pub(crate) async fn raw(stack: &Stack, bytes: &[u8]) -> Reply {
    let address = stack.url().replace("http://", "");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("an answer");
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    Reply { status, headers, body: answer[end + 4..].to_vec() }
}

/// Tells whether a process with this id runs; a zombie does not count.
pub(crate) fn is_running(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(") ").next().unwrap_or_default().starts_with('Z'))
}

/// Waits for an effect of another process.
pub(crate) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..3000 {
        if holds() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("not so after 30 s: {what}");
}

/// Returns the variables that a function has.
pub(crate) async fn environment(stack: &Stack) -> BTreeMap<String, String> {
    let pairs: Vec<(String, String)> =
        serde_json::from_slice(&get(stack, "/echo?do=env").await.body).unwrap();
    pairs.into_iter().collect()
}
