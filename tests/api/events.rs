//! Every recorded event in `events/` invokes its function, as `make invoke` does.

use std::fmt::Write;
use std::path::Path;

use serde_json::Value;
use tests::App;

#[tokio::test]
async fn every_recorded_event_is_answered_as_before() {
    let app = App::start().await;
    let mut answers = String::new();
    for (function, case) in recorded() {
        let event = app.event(&function, &case);
        let answer = app
            .stack
            .invoke(&function, event)
            .await
            .unwrap_or_else(|error| panic!("{function}/{case}: {error}"));
        let (head, body) = match answer.as_str() {
            // A streaming function answers with a prelude, eight NULs and the body.
            Some(streamed) => {
                let (prelude, body) = streamed.split_once("\0\0\0\0\0\0\0\0").unwrap();
                (serde_json::from_str(prelude).unwrap(), body.to_owned())
            }
            None => (answer.clone(), answer["body"].as_str().unwrap_or_default().to_owned()),
        };
        let json: Value = serde_json::from_str(&body).unwrap_or_default();
        let said = match (&json["error"], &json["detail"]) {
            (Value::String(error), _) | (_, Value::String(error)) => format!(": {error}"),
            _ => String::new(),
        };
        writeln!(answers, "{function}/{case} {}{said}", head["statusCode"]).unwrap();
    }
    insta::assert_snapshot!(answers);
}

/// Returns the names of functions and cases, sorted.
fn recorded() -> Vec<(String, String)> {
    let mut recorded = Vec::new();
    for folder in Path::new(env!("CARGO_MANIFEST_DIR")).join("../events").read_dir().unwrap() {
        let folder = folder.unwrap();
        for event in folder.path().read_dir().unwrap() {
            let case = event.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
            recorded.push((folder.file_name().to_string_lossy().into_owned(), case));
        }
    }
    recorded.sort();
    recorded
}
