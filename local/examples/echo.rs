//! A function for the tests: it answers with what it got, or does what `?do=` asks for.

use std::{env, path::Path, time::Duration};

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    // A file that says how to fail at the start.
    if let Ok(file) = env::var("INIT_FILE")
        && Path::new(&file).exists()
    {
        match std::fs::read_to_string(file)?.trim() {
            "hang" => std::thread::sleep(Duration::from_mins(1)),
            _ => return Err("no start today".into()),
        }
    }
    println!(r#"{{"level":"INFO","message":"started","pid":{}}}"#, std::process::id());
    lambda_runtime::run(service_fn(answer)).await
}

async fn answer(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let (event, context) = event.into_parts();
    let Some(parameters) = event.get("requestContext").map(|_| &event["queryStringParameters"]) else {
        return match event["fail"].as_str() {
            Some(reason) => Err(reason.into()),
            None => {
                Ok(json!({ "got": event, "deadline": context.deadline, "arn": context.invoked_function_arn }))
            }
        };
    };
    let milliseconds = parameters["ms"].as_str().and_then(|text| text.parse().ok()).unwrap_or(0);
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    Ok(match parameters["do"].as_str().unwrap_or("echo") {
        "exit" => std::process::exit(7),
        "fail" => return Err("asked to fail".into()),
        "pid" => json!({ "statusCode": 200, "body": std::process::id().to_string() }),
        "env" => json!({ "statusCode": 200, "body": json!(env::vars().collect::<Vec<_>>()).to_string() }),
        "large" => json!({ "statusCode": 200, "body": "x".repeat(7_000_000) }),
        "bytes" => json!({ "statusCode": 200, "body": "AAH/", "isBase64Encoded": true }),
        "cookies" => json!({ "statusCode": 204, "cookies": ["a=1; Path=/", "b=2"] }),
        "cors" => {
            json!({ "statusCode": 200, "headers": { "Access-Control-Allow-Origin": "*" }, "body": "x" })
        }
        "head" => json!({ "statusCode": 200, "headers": { "content-length": "1234" } }),
        "plain" => json!({ "hello": "world" }),
        "nonsense" => json!({ "statusCode": 42 }),
        "length" => {
            json!({ "statusCode": 200, "body": event["body"].as_str().map_or(0, str::len).to_string() })
        }
        _ => {
            json!({ "statusCode": 200, "headers": { "content-type": "application/json" }, "body": event.to_string() })
        }
    })
}
