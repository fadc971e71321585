//! The log line and `Server-Timing` of a request tell what its time was spent on.

use local::Faults;
use serde_json::Value;
use tests::{Answer, App, Behaviour, Upstream, user};

/// Returns the line that a function logged for the request with this response, once all functions have ended.
async fn line(app: &App, answer: &Answer) -> Value {
    app.stack.shutdown().await;
    let id = answer.header("x-request-id");
    let logs = app.stack.logs();
    let mut lines =
        logs.lines().filter_map(|line| serde_json::from_str::<Value>(line.split_once(' ')?.1).ok());
    lines
        .find(|line| line["requestId"] == id && line["status"].is_u64())
        .unwrap_or_else(|| panic!("no line of {answer:?} in\n{logs}"))
}

/// Returns the names of the metrics in `Server-Timing`.
fn metrics(answer: &Answer) -> Vec<&str> {
    answer.header("server-timing").split(", ").map(|metric| metric.split(';').next().unwrap()).collect()
}

#[tokio::test]
async fn a_request_without_failures_made_one_attempt_for_each_call() {
    let app = App::start().await;
    let answer = app.admin().post("/api/users", &user("ada@example.com")).await.expect(201);
    assert_eq!(metrics(&answer), ["handler", "table"]);
    let line = line(&app, &answer).await;
    assert_eq!(line["attempts"], line["calls"], "{line}");
    assert!(line["tableMs"].as_f64() <= line["durationMs"].as_f64(), "{line}");
    for absent in ["waitedMs", "bucketCalls", "upstreamCalls"] {
        assert_eq!(line[absent], Value::Null, "{line}");
    }
}

#[tokio::test]
async fn retries_and_the_time_before_them_are_logged() {
    // The SDK retries the first call, and the store the second one.
    for fault in ["dynamodb:UpdateItem:500:nth=1", "dynamodb:TransactWriteItems:conflict:nth=1"] {
        let faults = Faults::default();
        let app = App::with_faults(&faults).await;
        faults.add(fault.parse().unwrap());
        let answer = app.admin().post("/api/users", &user("ada@example.com")).await.expect(201);
        let line = line(&app, &answer).await;
        assert_eq!(
            line["attempts"].as_u64(),
            line["calls"].as_u64().map(|calls| calls + 1),
            "{fault}: {line}"
        );
        assert!(line["waitedMs"].as_f64() > Some(0.0), "{fault}: {line}");
    }
}

#[tokio::test]
async fn the_time_of_another_service_is_named() {
    let upstream = Upstream::start(Behaviour::weather()).await;
    let variables = [("WEATHER_BASE_URL", upstream.url()), ("WEATHER_API_KEY", "key")];
    let app = App::with_variables(&variables).await;
    let miss = app.anonymous().get("/api/weather?city=London").await.expect(200);
    let hit = app.anonymous().get("/api/weather?city=London").await.expect(200);
    assert_eq!(
        (metrics(&miss), metrics(&hit)),
        (vec!["handler", "table", "upstream"], vec!["handler", "table"])
    );
    let line = line(&app, &miss).await;
    assert_eq!(line["upstreamCalls"], 1, "{line}");
    assert!(line["upstreamMs"].as_f64() > Some(0.0), "{line}");
}

#[tokio::test]
async fn spans_are_logged_at_debug() {
    let app = App::logging("DEBUG").await;
    app.admin().post("/api/users", &user("ada@example.com")).await.expect(201);
    app.stack.shutdown().await;
    let logs = app.stack.logs();
    let lines = logs.lines().filter_map(|line| serde_json::from_str::<Value>(line.split_once(' ')?.1).ok());
    let closed: Vec<Value> = lines.filter(|line| line["message"] == "close").collect();
    for span in ["handler", "DynamoDB.TransactWriteItems"] {
        let of_span =
            |line: &Value| line["spans"].as_array().unwrap().last().is_some_and(|last| last["name"] == span);
        let line = closed.iter().find(|line| of_span(line));
        assert!(line.is_some_and(|line| line["time.busy"].is_string()), "no {span} in\n{logs}");
    }
}

#[tokio::test]
async fn the_calls_of_a_request_that_was_slow_or_failed_are_printed() {
    for (fault, shown) in [
        ("slow=600", vec!["GetItem 1 RCU", "UpdateItem 1 WCU", "TransactWriteItems 9 WCU"]),
        // The fault proxy refuses the transaction, so the database never gets it.
        ("500", vec!["GetItem 1 RCU", "UpdateItem 1 WCU"]),
    ] {
        let faults = Faults::default();
        let app = App::with_faults(&faults).await;
        faults.add(format!("dynamodb:TransactWriteItems:{fault}").parse().unwrap());
        app.admin().post("/api/users", &user("ada@example.com")).await;
        let logs = app.stack.logs();
        let calls = logs.lines().filter(|line| line.starts_with("        "));
        let calls: Vec<String> = calls
            .map(|line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                format!("{} {}", words[0], words[3..].join(" "))
            })
            .collect();
        assert_eq!(calls, shown, "{fault}: {logs}");
    }
}
