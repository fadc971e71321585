//! The comparison of answers with openapi.json detects every difference, in the answer or in the document.

use std::path::Path;

use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use tests::{Answer, App, Document, user};

/// An answer of each kind that the comparison distinguishes.
struct Answers {
    list: Answer,
    created: Answer,
    invalid: Answer,
    head: Answer,
    options: Answer,
    other_method: Answer,
    other_path: Answer,
    preflight: Answer,
    too_large: Answer,
}

impl Answers {
    async fn new() -> Self {
        let app = App::start().await;
        let (admin, anyone) = (app.admin(), app.anonymous());
        let preflight = anyone.call(Method::OPTIONS, "/api/users").header("origin", "http://localhost:5173");
        Self {
            created: admin.post("/api/users", &user("ada@example.com")).await.expect(201),
            list: admin.get("/api/users").await.expect(200),
            invalid: admin.post("/api/users", &json!({})).await.expect(400),
            head: admin.call(Method::HEAD, "/api/users").await.expect(200),
            options: anyone.call(Method::OPTIONS, "/api/users").await.expect(204),
            other_method: admin.delete("/api/users").await.expect(405),
            other_path: anyone.get("/api/userz").await.expect(404),
            preflight: preflight.header("access-control-request-method", "POST").await.expect(204),
            too_large: admin
                .post("/api/users", &json!({}))
                .body(vec![b' '; (10 << 20) + 1])
                .await
                .expect(413),
        }
    }
}

/// A change of the document: the answer that it contradicts, a JSON pointer, the new value (`None` removes the member)
/// and the expected complaint.
type Change = (fn(&Answers) -> &Answer, &'static str, Option<Value>, &'static str);

#[tokio::test]
async fn a_change_of_the_document_is_noticed() {
    let changes: Vec<Change> = vec![
        // Operations and statuses
        (|all| &all.list, "/paths/~1api~1users", None, "GET /api/users is no operation"),
        (|all| &all.list, "/paths/~1api~1users/get", None, "GET /api/users is no operation"),
        (|all| &all.head, "/paths/~1api~1users/get", None, "HEAD /api/users is no operation"),
        (|all| &all.list, "/paths/~1api~1users/get/responses/200", None, "200 is not documented"),
        (
            |all| &all.other_path,
            "/paths/~1api~1userz",
            Some(json!({"get": {"responses": {}}})),
            "404 is not documented",
        ),
        // Header fields
        (
            |all| &all.list,
            "/paths/~1api~1users/get/responses/200/headers/Link",
            None,
            "the header link is not",
        ),
        (
            |all| &all.created,
            "/paths/~1api~1users/post/responses/201/headers/X-New",
            Some(json!({"required": true})),
            "the header x-new is missing",
        ),
        (
            |all| &all.created,
            "/components/headers/ETag/schema",
            Some(json!({"type": "integer"})),
            "the header etag",
        ),
        // Media types and bodies
        (
            |all| &all.list,
            "/paths/~1api~1users/get/responses/200/content",
            Some(json!({"text/csv": {}})),
            "a body of application/json",
        ),
        (
            |all| &all.list,
            "/paths/~1api~1users/get/responses/200/content",
            None,
            "a body of application/json",
        ),
        (|all| &all.created, "/components/schemas/User/properties/email", None, "the body: - at '/email'"),
        (
            |all| &all.created,
            "/components/schemas/User/properties/email",
            Some(json!({"type": "integer"})),
            "at '/email'",
        ),
        (
            |all| &all.created,
            "/components/schemas/User/properties/role",
            Some(json!({"const": "admin"})),
            "at '/role'",
        ),
        (|all| &all.created, "/components/schemas/User/required/0", Some(json!("subtitle")), "'subtitle'"),
        (|all| &all.created, "/components/schemas/UserId/format", Some(json!("date-time")), "at '/id'"),
        (|all| &all.created, "/components/schemas/Email/maxLength", Some(json!(3)), "at '/email'"),
        (|all| &all.list, "/components/schemas/Pagination/properties/total", None, "at '/pagination/total'"),
        // Errors, also those that no operation gives
        (|all| &all.other_path, "/components/schemas/Error/properties/code", None, "at '/code'"),
        (
            |all| &all.other_method,
            "/components/schemas/Error/properties/timestamp",
            Some(json!({"type": "null"})),
            "at '/timestamp'",
        ),
    ];
    let all = Answers::new().await;
    for (answer, pointer, value, expected) in changes {
        expect_complaint(answer(&all), pointer, value, expected);
    }
}

/// Fails unless the answer contradicts the published document with this change in the expected way.
pub(super) fn expect_complaint(answer: &Answer, pointer: &str, value: Option<Value>, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi.json");
    let mut document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let name = name.replace("~1", "/");
    match (document.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}")), value) {
        (Value::Object(parent), Some(value)) => drop(parent.insert(name, value)),
        (Value::Object(parent), None) => assert!(parent.remove(&name).is_some(), "nothing at {pointer}"),
        (parent, value) => parent[name.parse::<usize>().unwrap()] = value.unwrap(),
    }
    let found = answer.deviations(&Document::of(&document));
    assert!(found.iter().any(|found| found.contains(expected)), "{pointer}: no {expected:?} in {found:#?}");
}

/// A change of an answer, and the expected complaint.
type AnswerChange = (fn(&mut Answers) -> &mut Answer, fn(&mut Answer), &'static str);

#[tokio::test]
async fn a_change_of_an_answer_is_noticed() {
    let cases: Vec<AnswerChange> = vec![
        (|all| &mut all.list, |answer| answer.status = 202, "202 is not documented"),
        (|all| &mut all.list, |answer| drop(answer.headers.remove("x-request-id")), "not from a function"),
        (
            |all| &mut all.list,
            |answer| drop(answer.headers.remove("server-timing")),
            "server-timing is missing",
        ),
        (|all| &mut all.created, |answer| drop(answer.headers.remove("location")), "location is missing"),
        (|all| &mut all.created, with_a_header, "x-new is not documented"),
        (|all| &mut all.list, |answer| drop(answer.headers.remove("content-type")), "no Content-Type"),
        (|all| &mut all.list, |answer| answer.body.truncate(1), "the body: EOF"),
        (|all| &mut all.head, |answer| answer.body.push(b'x'), "HEAD has a body"),
        (|all| &mut all.invalid, |answer| replace(answer, "validation_failed", "not_found"), "at '/code'"),
        (|all| &mut all.invalid, |answer| replace(answer, "\"field\"", "\"name\""), "at '/details/0'"),
        // Answers that belong to no operation
        (|all| &mut all.options, |answer| answer.status = 200, "answers 200"),
        (|all| &mut all.options, |answer| drop(answer.headers.remove("allow")), "allow is missing"),
        (|all| &mut all.options, |answer| answer.body.push(b'x'), "a body without a Content-Type"),
        (|all| &mut all.other_method, |answer| drop(answer.headers.remove("allow")), "allow is missing"),
        (|all| &mut all.other_method, |answer| answer.status = 404, "answers 404"),
        (|all| &mut all.other_path, |answer| answer.status = 400, "answers 400"),
        (|all| &mut all.other_path, with_a_header, "x-new is not documented"),
        (|all| &mut all.other_path, |answer| drop(answer.headers.remove("vary")), "vary is missing"),
        (|all| &mut all.preflight, |answer| answer.status = 200, "a preflight is answered with 204"),
        (|all| &mut all.too_large, |answer| answer.status = 414, "the gateway itself answers only"),
        (
            |all| &mut all.too_large,
            |answer| replace(answer, "Entity", "Body"),
            "the gateway itself answers only",
        ),
    ];
    let mut all = Answers::new().await;
    for (at, (answer, change, expected)) in cases.into_iter().enumerate() {
        let mut changed = answer(&mut all).clone();
        assert_eq!(changed.deviations(Document::published()), [""; 0]);
        change(&mut changed);
        let found = changed.deviations(Document::published());
        assert!(found.iter().any(|found| found.contains(expected)), "{at}: no {expected:?} in {found:#?}");
    }
}

fn with_a_header(answer: &mut Answer) {
    answer.headers.insert("x-new", HeaderValue::from_static("1"));
}

fn replace(answer: &mut Answer, from: &str, to: &str) {
    let body = String::from_utf8(answer.body.clone()).unwrap();
    assert!(body.contains(from), "{answer:?}");
    answer.body = body.replace(from, to).into_bytes();
}
