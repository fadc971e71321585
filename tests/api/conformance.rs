//! The comparison of answers with openapi.json detects every difference, in the answer or in the document.

use std::path::Path;

use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use tests::{Answer, App, Document, post};

/// An answer of each kind that the comparison distinguishes.
struct Answers {
    list: Answer,
    created: Answer,
    invalid: Answer,
    stream: Answer,
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
        let (caller, anyone) = (app.caller(), app.anonymous());
        let preflight = anyone.call(Method::OPTIONS, "/api/posts").header("origin", "http://localhost:5173");
        Self {
            created: caller.post("/api/posts", &post("On engines")).await.expect(201),
            list: anyone.get("/api/posts").await.expect(200),
            invalid: caller.post("/api/posts", &json!({})).await.expect(400),
            stream: anyone.get("/lambda-url/stream/api/stream/posts").await.expect(200),
            head: anyone.call(Method::HEAD, "/api/posts").await.expect(200),
            options: anyone.call(Method::OPTIONS, "/api/posts").await.expect(204),
            other_method: caller.delete("/api/posts").await.expect(405),
            other_path: anyone.get("/api/postz").await.expect(404),
            preflight: preflight.header("access-control-request-method", "POST").await.expect(204),
            too_large: caller
                .post("/api/posts", &json!({}))
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
        (|all| &all.list, "/paths/~1api~1posts", None, "GET /api/posts is no operation"),
        (|all| &all.list, "/paths/~1api~1posts/get", None, "GET /api/posts is no operation"),
        (|all| &all.head, "/paths/~1api~1posts/get", None, "HEAD /api/posts is no operation"),
        (|all| &all.list, "/paths/~1api~1posts/get/responses/200", None, "200 is not documented"),
        (
            |all| &all.other_path,
            "/paths/~1api~1postz",
            Some(json!({"get": {"responses": {}}})),
            "404 is not documented",
        ),
        (
            |all| &all.stream,
            "/paths/~1api~1stream~1posts/get/servers/0/url",
            Some(json!("/")),
            "is no operation",
        ),
        // Header fields
        (
            |all| &all.list,
            "/paths/~1api~1posts/get/responses/200/headers/Link",
            None,
            "the header link is not",
        ),
        (
            |all| &all.created,
            "/paths/~1api~1posts/post/responses/201/headers/X-New",
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
            "/paths/~1api~1posts/get/responses/200/content",
            Some(json!({"text/csv": {}})),
            "a body of application/json",
        ),
        (
            |all| &all.list,
            "/paths/~1api~1posts/get/responses/200/content",
            None,
            "a body of application/json",
        ),
        (|all| &all.created, "/components/schemas/Post/properties/title", None, "the body: - at '/title'"),
        (
            |all| &all.created,
            "/components/schemas/Post/properties/title",
            Some(json!({"type": "integer"})),
            "at '/title'",
        ),
        (
            |all| &all.created,
            "/components/schemas/Post/properties/published",
            Some(json!({"const": false})),
            "at '/published'",
        ),
        (|all| &all.created, "/components/schemas/Post/required/0", Some(json!("subtitle")), "'subtitle'"),
        (|all| &all.created, "/components/schemas/PostId/format", Some(json!("date-time")), "at '/id'"),
        (|all| &all.created, "/components/schemas/Title/maxLength", Some(json!(3)), "at '/title'"),
        (|all| &all.list, "/components/schemas/Pagination/properties/total", None, "at '/pagination/total'"),
        (|all| &all.stream, "/components/schemas/PostLine/oneOf/1", Some(json!(false)), "the body"),
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
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi.json");
    let published: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for (answer, pointer, value, expected) in changes {
        let mut document = published.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let name = name.replace("~1", "/");
        match (document.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}")), value) {
            (Value::Object(parent), Some(value)) => drop(parent.insert(name, value)),
            (Value::Object(parent), None) => assert!(parent.remove(&name).is_some(), "nothing at {pointer}"),
            (parent, value) => parent[name.parse::<usize>().unwrap()] = value.unwrap(),
        }
        let found = answer(&all).deviations(&Document::of(&document));
        assert!(
            found.iter().any(|found| found.contains(expected)),
            "{pointer}: no {expected:?} in {found:#?}"
        );
    }
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
        (|all| &mut all.stream, |answer| answer.body.extend_from_slice(b"{}\n"), "the body"),
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
