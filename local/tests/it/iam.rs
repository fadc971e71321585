//! Signatures and policies, as functions meet them at the database and S3.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use local::Stack;
use serde_json::{Value, json};

use crate::database::{AccessKey, call, now};
use crate::s3;
use crate::support::{Place, example, get};

const TEMPLATE: &str = r#"
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }, { AttributeName: sk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }, { AttributeName: sk, KeyType: RANGE }]
      BillingMode: PAY_PER_REQUEST
  Files: { Type: AWS::S3::Bucket }
  EchoFunction:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - Version: "2012-10-17"
          Statement:
            - Sid: WriteUsers
              Effect: Allow
              Action: [dynamodb:PutItem, dynamodb:GetItem]
              Resource: !GetAtt Table.Arn
              Condition:
                ForAllValues:StringLike: { "dynamodb:LeadingKeys": ["USER#*"] }
                "Null": { "dynamodb:LeadingKeys": "false" }
            - Sid: Files
              Effect: Allow
              Action: [s3:GetObject, s3:PutObject, s3:DeleteObject]
              Resource: !Sub "${Files.Arn}/in/*"
            - Sid: NotSecrets
              Effect: Deny
              Action: s3:GetObject
              Resource: !Sub "${Files.Arn}/in/secret"
      Events:
        Echo: { Type: HttpApi, Properties: { Path: /echo, Method: ANY } }
  NarrowFunction:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        Statement: { Effect: Allow, Action: [s3:GetObject, s3:ListBucket], Resource: [!GetAtt Files.Arn, !Sub "${Files.Arn}/*"] }
      Events:
        Narrow: { Type: HttpApi, Properties: { Path: /narrow, Method: ANY } }
"#;

const ECHO: &str = "arn:aws:sts::000000000000:assumed-role/EchoFunctionRole/echo";
const TABLE: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/Table";

struct Guarded {
    _place: Place,
    stack: Stack,
}

impl Guarded {
    async fn start() -> Self {
        let place = Place::with(TEMPLATE, &example(), &["echo", "narrow"]);
        let stack = place.builder().start().await.unwrap();
        Self { _place: place, stack }
    }

    /// The access key of a function.
    async fn key(&self, function: &str) -> AccessKey {
        let body = get(&self.stack, &format!("/{function}?do=env")).await.body;
        let variables: BTreeMap<String, String> =
            serde_json::from_slice::<Vec<(String, String)>>(&body).unwrap().into_iter().collect();
        AccessKey {
            id: variables["AWS_ACCESS_KEY_ID"].clone(),
            secret: variables["AWS_SECRET_ACCESS_KEY"].clone(),
            token: Some(variables["AWS_SESSION_TOKEN"].clone()),
        }
    }

    fn s3(&self, key: &AccessKey) -> Client {
        let credentials = Credentials::new(&key.id, &key.secret, key.token.clone(), None, "test");
        s3::client_of(&self.stack.s3_url(), credentials)
    }
}

fn item(pk: &str) -> Value {
    json!({ "TableName": "Table", "Item": { "pk": { "S": pk }, "sk": { "S": "a" } } })
}

fn key(pk: &str) -> Value {
    json!({ "TableName": "Table", "Key": { "pk": { "S": pk }, "sk": { "S": "a" } } })
}

/// The error's name and message.
fn refusal(answer: &Value) -> (&str, &str) {
    let kind = answer["__type"].as_str().unwrap_or_else(|| panic!("{answer}"));
    let message = answer["Message"].as_str().or(answer["message"].as_str()).unwrap_or_default();
    (kind.rsplit('#').next().unwrap(), message)
}

#[tokio::test]
async fn a_function_calls_the_table_as_its_policies_allow_and_not_otherwise() {
    let guarded = Guarded::start().await;
    let (url, echo) = (guarded.stack.dynamodb_url(), guarded.key("echo").await);
    assert_eq!(echo.call(&url, "PutItem", &item("USER#1")).await.unwrap(), json!({}));
    assert_eq!(echo.call(&url, "GetItem", &key("USER#1")).await.unwrap()["Item"]["sk"]["S"], "a");
    for (operation, call, action) in [
        ("PutItem", item("POST#1"), "PutItem"),
        ("DeleteItem", key("USER#1"), "DeleteItem"),
        ("Scan", json!({ "TableName": "Table" }), "Scan"),
        (
            "BatchWriteItem",
            json!({ "RequestItems": { "Table": [{ "PutRequest": item("USER#2") }] } }),
            "BatchWriteItem",
        ),
    ] {
        let answer = echo.call(&url, operation, &call).await.unwrap();
        let words = format!(
            "User: {ECHO} is not authorized to perform: dynamodb:{action} on resource: {TABLE} \
             because no identity-based policy allows the dynamodb:{action} action"
        );
        assert_eq!(refusal(&answer), ("AccessDeniedException", words.as_str()));
    }
    let logs = guarded.stack.logs();
    for line in [
        "echo: IAM: dynamodb:PutItem on arn:aws:dynamodb:us-east-1:000000000000:table/Table is denied: WriteUsers (line 16) \
         would allow it, but not its condition ForAllValues:StringLike of dynamodb:LeadingKeys: USER#*; the request has POST#1",
        "table/Table is denied: no statement has the action",
    ] {
        assert!(logs.contains(line), "{line}\n{logs}");
    }
    let narrow = guarded.key("narrow").await;
    let answer = narrow.call(&url, "GetItem", &key("USER#1")).await.unwrap();
    assert_eq!(refusal(&answer).0, "AccessDeniedException", "each function has a role of its own");
    assert_eq!(
        call(&url, "PutItem", &item("POST#1")).await.unwrap(),
        json!({}),
        "the owner may do everything"
    );
}

#[tokio::test]
async fn a_transaction_needs_what_each_of_its_parts_needs() {
    let guarded = Guarded::start().await;
    let (url, echo) = (guarded.stack.dynamodb_url(), guarded.key("echo").await);
    let put = json!({ "Put": item("USER#1") });
    let transaction = |more: Value| json!({ "TransactItems": [put, more] });
    for (part, action) in [
        (json!({ "Put": item("POST#1") }), "dynamodb:PutItem"),
        (json!({ "Delete": key("USER#2") }), "dynamodb:DeleteItem"),
        (
            json!({ "ConditionCheck": { "TableName": "Table", "Key": key("USER#2")["Key"], "ConditionExpression": "attribute_not_exists(pk)" } }),
            "dynamodb:ConditionCheckItem",
        ),
    ] {
        let answer = echo.call(&url, "TransactWriteItems", &transaction(part)).await.unwrap();
        assert!(refusal(&answer).1.contains(&format!("perform: {action} on")), "{answer}");
    }
    assert_eq!(echo.call(&url, "GetItem", &key("USER#1")).await.unwrap(), json!({}), "nothing was done");
    let allowed = transaction(json!({ "Put": item("USER#2") }));
    assert_eq!(echo.call(&url, "TransactWriteItems", &allowed).await.unwrap(), json!({}));
}

#[tokio::test]
async fn a_call_without_a_good_signature_is_refused_as_on_aws() {
    let guarded = Guarded::start().await;
    let (url, echo) = (guarded.stack.dynamodb_url(), guarded.key("echo").await);
    let body = key("USER#1").to_string();
    let signed = || echo.sign(&url, "GetItem", &body, now());
    assert_eq!(signed().send().await.unwrap(), json!({}));
    let with = |change: fn(&mut AccessKey)| {
        let mut key = echo.clone();
        change(&mut key);
        key.sign(&url, "GetItem", &body, now())
    };
    let mut other_body = signed();
    other_body.body = key("USER#2").to_string();
    let mut other_operation = signed();
    other_operation.headers.insert("x-amz-target".to_owned(), "DynamoDB_20120810.DeleteItem".to_owned());
    let mut unsigned = signed();
    unsigned.headers.remove("authorization");
    let mut incomplete = signed();
    let authorization = incomplete.headers["authorization"].replace("host;", "");
    incomplete.headers.insert("authorization".to_owned(), authorization);
    let mut of_s3 = signed();
    let authorization = of_s3.headers["authorization"].replace("/dynamodb/", "/s3/");
    of_s3.headers.insert("authorization".to_owned(), authorization);
    let late = echo.sign(&url, "GetItem", &body, now() - Duration::from_mins(16));
    let early = echo.sign(&url, "GetItem", &body, now() + Duration::from_mins(16));
    for (request, code) in [
        (with(|key| key.secret.push('x')), "InvalidSignatureException"),
        (with(|key| key.id = "ASIANOBODY".to_owned()), "UnrecognizedClientException"),
        (with(|key| key.token = None), "UnrecognizedClientException"),
        (with(|key| key.token = Some("other".to_owned())), "UnrecognizedClientException"),
        (other_body, "InvalidSignatureException"),
        (other_operation, "InvalidSignatureException"),
        (unsigned, "MissingAuthenticationTokenException"),
        (incomplete, "IncompleteSignatureException"),
        (of_s3, "InvalidSignatureException"),
        (late, "InvalidSignatureException"),
        (early, "InvalidSignatureException"),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(refusal(&answer).0, code, "{:?}", request.headers);
    }
}

#[tokio::test]
async fn a_function_calls_s3_as_its_policies_allow_and_not_otherwise() {
    let guarded = Guarded::start().await;
    let key = guarded.key("echo").await;
    let (echo, narrow) = (guarded.s3(&key), guarded.s3(&guarded.key("narrow").await));
    s3::put(&echo, "in/1", b"hello").await;
    s3::put(&echo, "in/secret", b"hello").await;
    let put = echo.put_object().bucket("files").key("out/1").body(ByteStream::from_static(b"x"));
    let denied = put.send().await.unwrap_err();
    let words = format!(
        "User: {ECHO} is not authorized to perform: s3:PutObject on resource: \"arn:aws:s3:::files/out/1\" \
         because no identity-based policy allows the s3:PutObject action"
    );
    assert_eq!((denied.code(), denied.message()), (Some("AccessDenied"), Some(words.as_str())));
    let denied = echo.get_object().bucket("files").key("in/secret").send().await.unwrap_err();
    assert!(denied.message().unwrap().ends_with("with an explicit deny in an identity-based policy"));

    let copy = |from: &str, to: &str| {
        echo.copy_object().bucket("files").copy_source(format!("files/{from}")).key(to).send()
    };
    for (from, to, is_allowed) in [
        ("in/1", "in/2", true),
        ("in/1", "out/2", false),
        ("in/secret", "in/3", false),
        ("out/x", "in/3", false),
    ] {
        assert_eq!(copy(from, to).await.is_ok(), is_allowed, "{from} to {to}");
    }
    let removed = |keys: &[&str]| {
        let object = |key: &&str| ObjectIdentifier::builder().key(*key).build().unwrap();
        let delete = Delete::builder().set_objects(Some(keys.iter().map(object).collect())).build().unwrap();
        echo.delete_objects().bucket("files").delete(delete).send()
    };
    assert_eq!(removed(&["in/2", "out/2"]).await.unwrap_err().code(), Some("AccessDenied"));
    removed(&["in/2"]).await.unwrap();

    // A caller who may not list the bucket does not learn which objects are missing.
    let missing = |client: &Client| client.get_object().bucket("files").key("in/none").send();
    assert_eq!(missing(&echo).await.unwrap_err().code(), Some("AccessDenied"));
    assert_eq!(missing(&narrow).await.unwrap_err().code(), Some("NoSuchKey"));
    assert!(echo.list_objects_v2().bucket("files").send().await.is_err());
    narrow.list_objects_v2().bucket("files").send().await.unwrap();

    // A presigned URL may do what its signer may.
    let presigning = PresigningConfig::expires_in(Duration::from_mins(1)).unwrap();
    for (key, status) in [("in/1", 200), ("out/1", 403)] {
        let url = echo.get_object().bucket("files").key(key).presigned(presigning.clone()).await.unwrap();
        assert_eq!(reqwest::get(url.uri()).await.unwrap().status(), status, "{key}");
        if status == 200 {
            let stolen = url.uri().replace("X-Amz-Security-Token=", "X-Amz-Security-Token=x");
            assert_eq!(reqwest::get(stolen).await.unwrap().status(), 403);
        }
    }
    let tokenless = AccessKey { token: None, ..key };
    let get = guarded.s3(&tokenless).get_object().bucket("files").key("in/1").send().await;
    assert_eq!(get.unwrap_err().code(), Some("InvalidToken"));
}

#[tokio::test]
async fn a_policy_that_cannot_be_evaluated_stops_the_start_unless_none_counts() {
    let template = TEMPLATE.replace("ForAllValues:StringLike:", "ForAllValues:StringLik:");
    let place = Place::with(&template, &example(), &["echo", "narrow"]);
    let error = place.builder().start().await.unwrap_err().to_string();
    let message =
        "template.yaml:21: the condition operator ForAllValues:StringLik is unknown or not evaluated here";
    assert!(error.ends_with(message), "{error}");
    let stack = place.builder().without_iam().start().await.unwrap();
    let nobody = AccessKey { id: "nobody".to_owned(), secret: "nothing".to_owned(), token: None };
    let answer = nobody.call(&stack.dynamodb_url(), "PutItem", &item("POST#1")).await.unwrap();
    assert_eq!(answer, json!({}));
}
