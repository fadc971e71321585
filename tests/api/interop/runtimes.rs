//! Functions in other languages run under `local` with the runtime interface clients that AWS publishes.

use std::path::Path;
use std::process::Command;

use local::{InvokeError, Stack};
use serde_json::{Value, json};

use super::{folder, is_installed, python};

#[tokio::test]
async fn a_function_in_python_answers_fails_and_times_out() {
    let python = python();
    let mut probe = Command::new(&python);
    probe.args(["-c", "import awslambdaric"]);
    if is_installed("awslambdaric", probe) {
        runs("python", "ValueError", "PYTHON", &python).await;
    }
}

#[tokio::test]
async fn a_function_in_node_answers_fails_and_times_out() {
    let mut probe = Command::new("node");
    probe.args(["--input-type=module", "--eval", "import 'aws-lambda-ric'; process.exit(0)"]);
    probe.current_dir(folder().join("runtimes/node"));
    if is_installed("aws-lambda-ric", probe) {
        let found = Command::new("node").args(["--print", "process.execPath"]).output().unwrap();
        let node = String::from_utf8(found.stdout).unwrap();
        runs("node", "RangeError", "NODE", Path::new(node.trim())).await;
    }
}

/// Calls the function through the API. A function has only Lambda's `PATH`, so `interpreter` is an absolute path.
async fn runs(language: &str, error_type: &str, variable: &str, interpreter: &Path) {
    let interpreter = std::path::absolute(interpreter).unwrap();
    let builder = Stack::builder().template(folder().join("runtimes/template.yaml")).in_memory();
    let stack = builder.env(variable, interpreter.to_str().unwrap()).start().await.unwrap();
    let get = async |query: &str| {
        let url = format!("{}/{language}/a%20b?{query}", stack.url());
        let response = reqwest::get(url).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        (status, headers, response.json::<Value>().await.unwrap())
    };

    let (status, headers, mut body) = get("").await;
    assert_eq!(status, 201, "{body}\n{}", stack.logs());
    assert!(headers["x-language"] == language && headers["set-cookie"] == "a=1", "{headers:?}");
    assert!((1..=3000).contains(&body["milliseconds"].take().as_i64().unwrap()));
    assert_eq!(
        body,
        json!({
            "path": format!("/{language}/a b"),
            "id": "a b",
            "function": language,
            "arn": format!("arn:aws:lambda:us-east-1:000000000000:function:{language}"),
            "milliseconds": null,
        })
    );

    let (status, _, body) = get("do=fail").await;
    assert_eq!((status, body), (500, json!({"message": "Internal Server Error"})));
    let event = json!({"queryStringParameters": {"do": "fail"}});
    let Err(InvokeError::Function(error)) = stack.invoke(language, event).await else { panic!("no error") };
    assert_eq!((&error["errorType"], &error["errorMessage"]), (&json!(error_type), &json!("on purpose")));

    assert_eq!(get("do=hang").await.0, 500);
    assert!(stack.logs().contains("timed out after 3.00 seconds"), "{}", stack.logs());
    assert_eq!(get("").await.0, 201, "after a timeout");
}
