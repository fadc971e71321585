//! A function for the tests of events: it records each event and follows the next line of its script.

use std::{env, fs};

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(listen)).await
}

async fn listen(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let (event, context) = event.into_parts();
    println!("{}", json!({ "heard": event, "requestId": context.request_id }));
    let records = event["Records"].as_array().cloned().unwrap_or_default();
    if records.iter().any(|record| !record["dynamodb"]["NewImage"]["bad"].is_null()) {
        return Err("a bad record".into());
    }
    match next_line()?.as_deref() {
        None | Some("") => Ok(Value::Null),
        Some("fail") => Err("as the script says".into()),
        // The line is the answer, in which `#1` stands for the id of the second record.
        Some(line) => {
            let id = |record: &Value| {
                let id = record["messageId"].as_str().or(record["dynamodb"]["SequenceNumber"].as_str());
                id.unwrap_or_default().to_owned()
            };
            let fill = |line: String, (index, record): (usize, &Value)| {
                line.replace(&format!("#{index}"), &id(record))
            };
            Ok(serde_json::from_str(&records.iter().enumerate().fold(line.to_owned(), fill))?)
        }
    }
}

/// Takes the first line of the file that `SCRIPT` names.
fn next_line() -> Result<Option<String>, Error> {
    let file = env::var("SCRIPT")?;
    let Ok(text) = fs::read_to_string(&file) else { return Ok(None) };
    let (line, rest) = text.split_once('\n').unwrap_or((&text, ""));
    fs::write(file, rest)?;
    Ok(Some(line.to_owned()))
}
