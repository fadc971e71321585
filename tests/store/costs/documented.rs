//! The costs of operations without a row elsewhere: the document's example, as the functions log it.

use serde_json::Value;
use shared::cost::Cost;
use tests::{App, Document, Operation, Sender};

use super::row::Row;

/// The limits of each operation that uses the table: calls, RCU and WCU, its rate limit included.
const LIMITS: &[(&str, (u32, f64, f64))] = &[
    ("PUT /api/users/{id}", (5, 3.0, 9.0)),
    ("POST /api/auth/email-confirmation", (3, 0.0, 3.0)),
    ("PUT /api/posts/{id}", (4, 2.0, 25.0)),
    ("PUT /api/problems/{id}", (5, 6.0, 201.0)),
    ("GET /.well-known/jwks.json", (1, 1.0, 0.0)),
    ("GET /api/session", (2, 2.0, 0.0)),
    ("DELETE /api/session", (1, 0.0, 1.0)),
    ("GET /api/profile", (2, 2.0, 0.0)),
    ("PUT /api/profile", (7, 5.0, 9.0)),
    ("GET /api/sessions", (3, 4.0, 0.0)),
    ("DELETE /api/sessions", (7, 5.0, 8.0)),
    ("DELETE /api/sessions/{id}", (5, 3.0, 2.0)),
    ("GET /api/weather", (3, 0.5, 2.0)),
    // Of one page.
    ("GET /api/stream/posts", (1, 0.5, 0.0)),
];

/// Measures the operations that no row of `others` is about.
pub(super) async fn rows(others: &[Row]) -> Vec<Row> {
    let app = App::start().await;
    let mut sent = Vec::new();
    for operation in &Document::published().operations {
        if others.iter().any(|row| is_about(row, operation)) {
            continue;
        }
        let answer = Sender::new(&app, operation).await.send().await;
        assert_eq!(
            answer.status,
            operation.success(),
            "tests/store/costs: the document's example of {} is not enough: measure it in a file of its own. {answer:?}",
            operation.name
        );
        sent.push((&*operation.name, answer.header("x-request-id").to_owned()));
    }
    // A function may log its line after the answer, but not after its process has ended.
    app.stack.shutdown().await;
    let logs = app.stack.logs();
    let (mut rows, mut gaps) = (Vec::new(), Vec::new());
    for (request, id) in sent {
        let measured = logged(&logs, &id);
        match LIMITS.iter().find(|(name, _)| *name == request) {
            Some((_, (calls, rcu, wcu))) => {
                rows.push(Row { request, limit: Cost { calls: *calls, rcu: *rcu, wcu: *wcu }, measured });
            }
            None if measured.calls == 0 => {}
            None => gaps.push(format!(
                "(\"{request}\", ({}, {:?}, {:?})),",
                measured.calls, measured.rcu, measured.wcu
            )),
        }
    }
    for (name, _) in LIMITS.iter().filter(|(name, _)| !rows.iter().any(|row| row.request == *name)) {
        gaps.push(format!("no (\"{name}\", ...): openapi.json has none, or another row measures it"));
    }
    assert!(
        gaps.is_empty(),
        "\n\ntests/store/costs/documented.rs: add to `LIMITS`, with what the operation may cost instead of what it costs\n    {}\n",
        gaps.join("\n    ")
    );
    rows
}

/// Tells whether a row is about this operation: its name starts with the operation's.
fn is_about(row: &Row, operation: &Operation) -> bool {
    let rest = row.request.strip_prefix(&*operation.name);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['?', ',']))
}

/// Returns the cost that a function logged for the request with this id.
fn logged(logs: &str, id: &str) -> Cost {
    let lines = logs.lines().filter_map(|line| serde_json::from_str(&line[line.find('{')?..]).ok());
    let line = lines
        .into_iter()
        .find(|line: &Value| line["requestId"] == id && line["calls"].is_u64())
        .unwrap_or_else(|| panic!("no request {id} in\n{logs}"));
    let number = |name: &str| line[name].as_f64().unwrap_or_else(|| panic!("no {name} in {line}"));
    let calls = u32::try_from(line["calls"].as_u64().unwrap()).unwrap();
    Cost { calls, rcu: number("rcu"), wcu: number("wcu") }
}
