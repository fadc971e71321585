//! What of a template is emulated, from the start to a function.

use serde_json::json;

use crate::support::{Place, environment, example, get};

/// A function `echo` with a route `/echo`, and more of its properties and of the template.
fn place(properties: &str, more: &str) -> Place {
    let template = format!(
        "Resources:\n  EchoFunction:\n    Type: AWS::Serverless::Function\n    Properties:\n      \
         Timeout: 20\n      Events: {{ Any: {{ Type: HttpApi, Properties: {{ Path: /echo, Method: ANY }} }} }}\n{properties}{more}"
    );
    Place::with(&template, &example(), &["echo"])
}

#[tokio::test]
async fn what_is_not_emulated_is_a_warning_or_with_strict_an_error() {
    let more = "      VpcConfig: { SubnetIds: [a] }\n  Cache: { Type: AWS::ElastiCache::CacheCluster }\n";
    let place = place("", more);
    let stack = place.builder().start().await.unwrap();
    assert_eq!(get(&stack, "/echo").await.status, 200);
    let path = place.path("template.yaml").display().to_string();
    let lines = [
        format!("{path}:7: EchoFunction.VpcConfig is not emulated"),
        format!("{path}:8: Cache (AWS::ElastiCache::CacheCluster) is not emulated"),
    ];
    for line in &lines {
        assert_eq!(stack.logs().matches(&format!("warning: {line}\n")).count(), 1, "{}", stack.logs());
    }
    let error = place.builder().strict().start().await.unwrap_err().to_string();
    assert_eq!(error, format!("{}\nlocal: {}", lines[0], lines[1]));
}

#[tokio::test]
async fn a_value_that_aws_alone_knows_can_be_given() {
    let variables =
        "      Environment: { Variables: { TOPIC: !Ref Topic, HOST: '{{resolve:ssm:/host}}' } }\n";
    let place = place(variables, "  Topic: { Type: AWS::SNS::Topic }\n");
    let start = || place.builder().env("TOPIC", "a topic");
    let error = start().start().await.unwrap_err().to_string();
    let message = "template.yaml:7: {{resolve:ssm:/host}} is known to AWS alone; --env HOST=... gives functions another value";
    assert!(error.ends_with(message), "{error}");
    let found = environment(&start().env("HOST", "a host").start().await.unwrap()).await;
    assert_eq!((&*found["TOPIC"], &*found["HOST"]), ("a topic", "a host"));
}

#[tokio::test]
async fn a_function_has_the_name_handler_and_log_group_of_the_template() {
    let properties = "      FunctionName: my-echo\n      Handler: my.handler\n      LoggingConfig: { LogGroup: /my/group }\n";
    let place = place(properties, "");
    let stack = place.builder().start().await.unwrap();
    let found = environment(&stack).await;
    assert_eq!(found["AWS_LAMBDA_FUNCTION_NAME"], "my-echo");
    assert_eq!(found["_HANDLER"], "my.handler");
    assert_eq!(found["AWS_LAMBDA_LOG_GROUP_NAME"], "/my/group");
    assert_eq!(stack.invoke("my-echo", json!({"a": 1})).await.unwrap()["got"]["a"], 1);
    assert!(stack.invoke("echo", json!({})).await.is_err());
}

// Captured on AWS: powertools-lambda-python#621, aws-lambda-rust-runtime#668.
#[tokio::test]
async fn a_named_stage_begins_every_path() {
    let template = "Globals: { HttpApi: { CorsConfiguration: true, StageVariables: { colour: blue } } }\nResources:\n  \
                    Api: { Type: AWS::Serverless::HttpApi, Properties: { StageName: prod } }\n  \
                    EchoFunction:\n    Type: AWS::Serverless::Function\n    Properties:\n      Timeout: 20\n      Events: { Any: { Type: HttpApi, \
                    Properties: { ApiId: !Ref Api, Path: '/echo/{id}', Method: ANY } } }\n";
    let place = Place::with(template, &example(), &["echo"]);
    let stack = place.builder().start().await.unwrap();
    let event = get(&stack, "/prod/echo/1").await.json();
    assert_eq!(event["rawPath"], "/prod/echo/1");
    assert_eq!(event["routeKey"], "ANY /echo/{id}");
    assert_eq!(event["requestContext"]["stage"], "prod");
    assert_eq!(event["requestContext"]["http"]["path"], "/prod/echo/1");
    assert_eq!(event["pathParameters"], json!({"id": "1"}));
    assert_eq!(event["stageVariables"], json!({"colour": "blue"}));
    assert_eq!(get(&stack, "/echo/1").await.json(), json!({"message": "Not Found"}));
}
