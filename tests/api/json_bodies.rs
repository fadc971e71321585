//! Every route with a JSON body parses it alike, and describes errors in terms of JSON.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, App, Browser, Call, Client, user};

const ID: &str = "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f";

/// The operations of openapi.json with a JSON body, and two clients who together may send all of them.
struct Routes {
    document: Value,
    admin: Client,
    browser: Browser,
}

impl Routes {
    async fn of(app: &App) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi.json");
        let document = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        app.account("ada@example.com").await;
        Self { document, admin: app.admin(), browser: app.signed_in_browser("ada@example.com").await }
    }

    /// Returns the method, path and documented body of each operation. Those with a signed body are left out.
    fn all(&self) -> Vec<(Method, String, &Value)> {
        let paths = self.document["paths"].as_object().unwrap();
        let operations = paths.iter().flat_map(|(path, item)| {
            let segments = path.split('/').map(|segment| if segment.starts_with('{') { ID } else { segment });
            let path = segments.collect::<Vec<_>>().join("/");
            item.as_object().unwrap().iter().filter_map(move |(method, operation)| {
                let mut parameters = operation["parameters"].as_array().into_iter().flatten();
                let is_signed = parameters.any(|parameter| parameter["name"] == "Stripe-Signature");
                let schema = operation.pointer("/requestBody/content/application~1json/schema")?;
                (!is_signed).then(|| (method.to_uppercase().parse().unwrap(), path.clone(), schema))
            })
        });
        let all: Vec<_> = operations.collect();
        assert!(all.len() > 5, "the document has them: {all:?}");
        all
    }

    fn send(&self, method: &Method, path: &str, body: impl Into<Vec<u8>>) -> Call {
        let call = match path {
            "/api/profile" => self.browser.call(method.clone(), path),
            _ => self.admin.call(method.clone(), path),
        };
        call.body(body).header("content-type", "application/json")
    }

    /// The names of the members that a body can have.
    fn members(&self, schema: &Value) -> Vec<String> {
        let schema = match schema["$ref"].as_str() {
            Some(reference) => self.document.pointer(&reference[1..]).unwrap(),
            None => schema,
        };
        schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
    }
}

/// Returns the field and message of the first detail.
fn detail(answer: &Answer, status: u16, code: &str) -> (String, String) {
    let detail = answer.expect_error(status, code)["details"][0].clone();
    let text = |name: &str| detail[name].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned();
    (text("field"), text("message"))
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_explained() {
    let app = App::start().await;
    let routes = Routes::of(&app).await;
    for (method, path, _) in routes.all() {
        for (body, field, message) in [
            (&b""[..], "body", "is empty, but must be a JSON object"),
            (b"[]", "body", "must be a JSON object, not an array"),
            (b"{\n \"a\": 1,\n}", "body", "must be JSON: trailing comma, at line 3, column 1"),
            (b"{\"a\":\"\xff\"}", "body", "must be UTF-8, which it is not at byte 7"),
            (br#"{"a": {"b": [0, {"c": 1, "c": 1}]}}"#, "a.b[1].c", "occurs twice, at line 1, column 28"),
            (br#"{"title": "x", "titl\u0065": "y"}"#, "title", "occurs twice, at line 1, column 27"),
        ] {
            let answer = routes.send(&method, &path, body).await;
            assert_eq!(answer.json()["error"], "Invalid JSON format", "{answer:?}");
            let expected = (field.to_owned(), message.to_owned());
            assert_eq!(detail(&answer, 400, "malformed_json"), expected, "{answer:?}");
        }
        let nothing = routes.admin.call(method.clone(), &path);
        let nothing = if path == "/api/profile" { routes.browser.call(method, &path) } else { nothing };
        let expected = ("body".to_owned(), "is empty, but must be a JSON object".to_owned());
        assert_eq!(detail(&nothing.await, 400, "malformed_json"), expected);
    }
}

#[tokio::test]
async fn spellings_of_the_content_type_that_mean_the_same_are_taken() {
    let app = App::start().await;
    let routes = Routes::of(&app).await;
    for (method, path, _) in routes.all() {
        for content_type in [
            "application/json;charset=UTF-8",
            "application/json; charset=utf8",
            "APPLICATION/JSON ; CHARSET=\"utf-8\"",
            "application/json; charset=us-ascii",
            "application/json; odata.metadata=minimal; version=1/2;",
            "application/json; charset",
        ] {
            let answer = routes.send(&method, &path, "{").header("content-type", content_type).await;
            answer.expect_error(400, "malformed_json");
        }
        for content_type in
            ["application/json; charset=iso-8859-1", "text/plain; application/json", "text/json"]
        {
            let answer = routes.send(&method, &path, "{").header("content-type", content_type).await;
            answer.expect_error(415, "unsupported_media_type");
        }
        let with_mark = routes.send(&method, &path, "\u{feff}{\"a\":").await;
        assert!(detail(&with_mark, 400, "malformed_json").1.contains("it ends too early"), "{with_mark:?}");
    }
    let marked = format!("\u{feff}{}", user("bea@example.com"));
    let marked = routes.admin.post("/api/users", &json!(null)).body(marked).await;
    assert_eq!(marked.expect(201).text("/email"), "bea@example.com");
}

#[tokio::test]
async fn a_content_coding_is_refused_wherever_a_body_is_read() {
    let app = App::start().await;
    let routes = Routes::of(&app).await;
    let mut calls: Vec<Call> =
        routes.all().iter().map(|(method, path, _)| routes.send(method, path, "\u{1f}\u{8b}")).collect();
    for (path, content_type) in FORMS {
        let call = routes.admin.call(Method::POST, path).body("a=b");
        calls.push(call.header("content-type", content_type));
    }
    for call in calls {
        expect_no_coding(call).await;
    }
    let created = routes.admin.post("/api/users", &user("eva@example.com"));
    created.header("content-encoding", "identity").await.expect(201);
}

/// Operations that take a form.
const FORMS: &[(&str, &str)] = &[
    ("/api/upload", "multipart/form-data; boundary=B"),
    ("/api/example", "multipart/form-data; boundary=B"),
    ("/api/example", "application/x-www-form-urlencoded"),
];

#[tokio::test]
async fn a_content_coding_is_refused_where_a_body_is_signed() {
    let app = App::start().await;
    let stripe = app.stripe();
    expect_no_coding(stripe.send(b"{}", &stripe.sign(b"{}"))).await;
    let stripe = stripe.send(b"{}", &stripe.sign(b"{}")).header("content-encoding", "Identity").await;
    stripe.expect(200);
}

async fn expect_no_coding(call: Call) {
    let answer = call.header("content-encoding", "gzip").await;
    answer.expect_error(415, "unsupported_content_encoding");
    assert_eq!(answer.header("accept-encoding"), "identity", "{answer:?}");
}

#[tokio::test]
async fn a_value_of_another_type_is_refused_in_words_of_json() {
    let app = App::start().await;
    let routes = Routes::of(&app).await;
    let (mut messages, words) =
        (0, ["u64", "u8", "i64", "f64", "expected", "invalid type", "variant", "sequence", "`"]);
    for (method, path, schema) in routes.all() {
        let members = routes.members(schema);
        for value in [
            json!(null),
            json!(true),
            json!(-1),
            json!(1.5),
            json!(1e300),
            json!("\0"),
            json!([1]),
            json!({"a": 1}),
        ] {
            let body: Value = members.iter().map(|name| (name.clone(), value.clone())).collect();
            let answer = routes.send(&method, &path, body.to_string()).await;
            if members.is_empty() || answer.status != 400 {
                continue;
            }
            for detail in answer.expect_error(400, "validation_failed")["details"].as_array().unwrap() {
                let message = detail["message"].as_str().unwrap();
                assert!(!words.iter().any(|word| message.contains(word)), "{message}: {answer:?}");
                let is_known = ["must ", "is required", "is not a known field"]
                    .iter()
                    .any(|known| message.starts_with(known));
                assert!(is_known, "{message}: {answer:?}");
                messages += 1;
            }
        }
    }
    assert!(messages > 50, "{messages}");
}

#[tokio::test]
async fn what_is_expected_is_said_with_what_came() {
    let app = App::start().await;
    let wrong = json!({"email": ["x"], "name": "x".repeat(251), "role": "root"});
    assert_eq!(
        app.admin().post("/api/users", &wrong).await.text("/error"),
        "email must be a string, not an array; name must have 1 to 100 characters, but has 251; \
         role must be user or admin"
    );
}

#[tokio::test]
async fn what_is_expected_of_a_number_is_said_with_what_came() {
    let app = App::start().await;
    let owner = app.caller();
    let file = json!({"fileName": "a.txt", "contentType": "text/plain", "size": "5"});
    let answer = owner.post("/api/upload/presign", &file).await;
    assert_eq!(answer.text("/error"), "size must be a whole number, not a string");
    let size = json!({"fileName": "a.txt", "contentType": "text/plain", "size": 0});
    assert_eq!(
        owner.post("/api/upload/presign", &size).await.text("/error"),
        "size must be 1 to 104857600 bytes, not 0"
    );
}

#[tokio::test]
async fn the_size_of_a_body_is_said_with_the_limit() {
    let app = App::start().await;
    let large = app.admin().post("/api/users", &json!(null)).body(vec![b' '; 1_048_577]).await;
    assert_eq!(
        large.expect_error(413, "body_too_large")["error"],
        "The body must have at most 1048576 bytes, but has 1048577"
    );
}

#[tokio::test]
async fn a_whole_number_is_one_however_it_is_written() {
    let app = App::start().await;
    let owner = app.caller();
    for (size, status) in
        [("5.0", 201), ("5e0", 201), ("0.5E+1", 201), ("5.5", 400), ("5e300", 400), ("-5", 400)]
    {
        let body = format!(r#"{{"fileName":"a.txt","contentType":"text/plain","size":{size}}}"#);
        let answer = owner.post("/api/upload/presign", &json!(null)).body(body).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
}

#[tokio::test]
async fn an_answer_stays_small_whatever_a_body_names() {
    let app = App::start().await;
    let admin = app.admin();
    let names: Vec<String> = (0..100_000).map(|n| format!("\"{n:x}\":0")).collect();
    let answer = admin.post("/api/users", &json!(null)).body(format!("{{{}}}", names.join(","))).await;
    assert_eq!(
        answer.bad_fields().len(),
        52,
        "50 that are not known, one line for the others, one that is missing"
    );
    let long = format!("\"{}\":0", "\\u0001".repeat(80_000));
    let answer = admin.post("/api/users", &json!(null)).body(format!("{{{long},{long}}}")).await;
    let (field, _) = detail(&answer, 400, "malformed_json");
    assert!(field.len() <= 200, "{}", field.len());
}
