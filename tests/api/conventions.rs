use std::collections::BTreeSet;

use reqwest::Method;
use tests::{Answer, App, Client, Document, Form, PNG};

/// A path of the document with the examples of its variables, and its methods.
struct DocumentedPath {
    path: String,
    /// The methods in `Allow`.
    methods: BTreeSet<&'static str>,
}

/// Lists the paths that the gateway serves. A function URL has other conventions.
fn paths() -> Vec<DocumentedPath> {
    let mut paths: Vec<DocumentedPath> = Vec::new();
    for operation in &Document::published().operations {
        let path = operation.shown_path();
        if path.starts_with("/lambda-url/") {
            continue;
        }
        let place = paths.iter().position(|one| one.path == path).unwrap_or_else(|| {
            paths.push(DocumentedPath { path, methods: ["OPTIONS"].into() });
            paths.len() - 1
        });
        let methods = &mut paths[place].methods;
        methods.insert(operation.method.as_str());
        if operation.method == Method::GET {
            methods.insert("HEAD");
        }
    }
    paths
}

fn allowed(answer: &Answer) -> BTreeSet<&str> {
    answer.header("allow").split(',').map(str::trim).collect()
}

#[tokio::test]
async fn every_path_answers_every_method() {
    let app = App::start().await;
    let admin = app.admin();
    for DocumentedPath { path, methods } in &paths() {
        let options = admin.call(Method::OPTIONS, path).await.expect(204);
        assert_eq!(allowed(&options), *methods, "{options:?}");
        assert_eq!(options.body.len(), 0, "{options:?}");
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"] {
            if methods.contains(method) {
                continue;
            }
            let refused = admin.call(method.parse().unwrap(), path).await.expect(405);
            assert_eq!(allowed(&refused), *methods, "{refused:?}");
            if method != "HEAD" {
                let error = refused.expect_error(405, "method_not_allowed");
                let named =
                    format!("There is no {method} {path}: the path takes {}", refused.header("allow"));
                assert_eq!(error["error"], named, "{refused:?}");
            }
        }
    }
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let app = App::start().await;
    let mut paths: Vec<String> =
        ["/api/health", "/api/openapi.json", "/api/docs", "/none"].map(str::to_owned).into();
    for resource in app.resources() {
        paths.push(resource.create().await.expect(201).header("location").to_owned());
        paths.extend(["", "/none", "?page=x"].map(|rest| format!("{}{rest}", resource.path())));
    }
    let client = app.admin();
    let same = |answer: &Answer| {
        let names = ["content-type", "content-length", "cache-control", "etag", "vary", "link", "allow"];
        names.map(|name| answer.header(name).to_owned())
    };
    for path in &paths {
        let (get, head) = (client.get(path).await, client.call(Method::HEAD, path).await);
        assert_eq!((get.status, same(&get)), (head.status, same(&head)), "{get:?}{head:?}");
        assert_eq!(get.header("content-length"), get.body.len().to_string(), "{get:?}");
        assert_eq!(head.body.len(), 0);
    }
}

#[tokio::test]
async fn every_answer_carries_the_common_headers() {
    let app = App::start().await;
    let caller = app.caller();
    let mut answers =
        vec![caller.get("/nowhere").await.expect(404), app.anonymous().get("/api/users").await.expect(401)];
    for resource in app.resources() {
        let created = resource.create().await.expect(201);
        let (client, url) = (&resource.client, created.header("location"));
        answers.extend([
            created.clone(),
            client.get(url).await.expect(200),
            client.get(url).header("if-none-match", "*").await.expect(304),
            client.patch(url, &serde_json::json!({"unknown": 1})).await.expect(400),
            client.delete(url).await.expect(204),
            client.get(url).await.expect(404),
        ]);
    }
    for DocumentedPath { path, .. } in &paths() {
        answers.push(caller.get(path).await);
        answers.push(caller.call(Method::OPTIONS, path).await);
        answers.push(caller.call(Method::TRACE, path).await);
    }
    for answer in &answers {
        assert!(!answer.header("x-request-id").is_empty(), "{answer:?}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{answer:?}");
        assert!(answer.header("strict-transport-security").starts_with("max-age=31536000"), "{answer:?}");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{answer:?}");
        assert!(answer.header("server-timing").starts_with("handler;dur="), "{answer:?}");
        assert!(!answer.header("cache-control").is_empty(), "{answer:?}");
        assert!(answer.header("vary").contains("Accept"), "{answer:?}");
        assert_eq!(answer.header("server"), "", "{answer:?}");
        assert!(!answer.header("content-type").starts_with("text/plain"), "{answer:?}");
    }
    let mut ids: Vec<&str> = answers.iter().map(|answer| answer.header("x-request-id")).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), answers.len(), "every request has an id of its own");
}

#[tokio::test]
async fn errors_come_as_problems_for_those_who_ask() {
    let app = App::start().await;
    for accept in [
        "application/problem+json",
        "application/problem+json, application/json;q=0.9",
        "text/html;q=0.1, application/problem+json",
    ] {
        let answer = app.admin().get("/api/users?page=x").header("accept", accept).await.expect(400);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem = answer.json();
        assert_eq!((&*answer.text("/type"), &*answer.text("/title")), ("about:blank", "Bad Request"));
        assert_eq!((problem["status"].as_u64(), &*answer.text("/code")), (Some(400), "validation_failed"));
        assert_eq!(answer.text("/detail"), "page must be a whole number from 1");
        assert_eq!(answer.text("/details/0/field"), "page");
        assert_eq!(answer.text("/requestId"), answer.header("x-request-id"));
    }
    for accept in [
        "*/*",
        "application/json",
        "application/*",
        "application/json, application/problem+json;q=0.5",
        "nonsense",
    ] {
        let answer = app.admin().get("/api/users?page=x").header("accept", accept).await;
        assert_eq!(answer.header("content-type"), "application/json", "{accept}");
    }
}

#[tokio::test]
async fn a_client_that_takes_no_json_is_told_before_anything_happens() {
    let app = App::start().await;
    for resource in app.resources() {
        for accept in ["text/html", "application/xml, image/*", "application/json;q=0"] {
            resource.create().header("accept", accept).await.expect_error(406, "not_acceptable");
        }
        assert_eq!(resource.total().await, 0);
    }
}

#[tokio::test]
async fn json_is_accepted_however_the_header_spells_it() {
    let app = App::start().await;
    let caller = app.admin();
    for DocumentedPath { path, .. } in &paths() {
        let plain = caller.get(path).await;
        for accept in [
            "application/json; charset=utf-8",
            "APPLICATION/JSON;v=1;q=0.5",
            "text/x-nothing, application/*;q=.1",
            "text/x-nothing, image/x-nothing, *; q=.2, */*; q=.2",
        ] {
            let answer = caller.get(path).header("accept", accept).await;
            assert_eq!(answer.status, plain.status, "{answer:?}");
        }
    }
    let request = "GET /api/health HTTP/1.1\r\nHost: localhost\r\nAccept: text/x-nothing\r\n\
                   Accept: application/json;charset=utf-8\r\nConnection: close\r\n\r\n";
    let answer = app.raw(request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn an_error_comes_through_whatever_the_client_accepts() {
    let app = App::start().await;
    let anyone = app.anonymous();
    for resource in app.resources() {
        let (client, path, body) = (&resource.client, resource.path(), resource.body());
        let created = resource.create().await.expect(201);
        let url = created.header("location");
        for (call, status, code) in [
            (anyone.get("/nowhere"), 404, "not_found"),
            (anyone.get("/api/users"), 401, "missing_token"),
            (anyone.post(&path, &body), 401, "missing_token"),
            (client.get(&format!("{path}/none")), 404, "not_found"),
            (client.get(&format!("{path}?page=x")), 400, "validation_failed"),
            (client.call(Method::TRACE, url), 405, "method_not_allowed"),
            (client.post(&path, &serde_json::json!({})), 400, "validation_failed"),
            (client.post(&path, &body).header("content-type", "text/plain"), 415, "unsupported_media_type"),
            (client.delete(&format!("{path}/none")), 404, "not_found"),
        ] {
            let answer = call.header("accept", "text/html, image/*").await;
            answer.expect_error(status, code);
            assert_eq!(answer.header("content-type"), "application/json", "{answer:?}");
        }
        // `Accept` cannot rule out an answer without content.
        client.call(Method::OPTIONS, url).header("accept", "text/html").await.expect(204);
        client.get(url).header("accept", "text/html").header("if-none-match", "*").await.expect(406);
        client.delete(url).header("accept", "text/html").await.expect(204);
    }
}

#[tokio::test]
async fn an_answer_without_content_says_nothing_of_a_length() {
    let app = App::start().await;
    let client = app.admin();
    let mut paths: Vec<String> =
        ["/api/docs", "/api/docs/swagger-ui.css", "/api/openapi.json"].map(str::to_owned).into();
    let mut made = Vec::new();
    for resource in app.resources() {
        made.push(resource.create().await.expect(201).header("location").to_owned());
    }
    paths.extend(made.clone());
    let mut answers = Vec::new();
    for path in &paths {
        for method in [Method::GET, Method::HEAD] {
            answers.push(client.call(method, path).header("if-none-match", "*").await.expect(304));
        }
    }
    for url in &made {
        answers.push(client.call(Method::OPTIONS, url).await.expect(204));
        answers.push(client.delete(url).await.expect(204));
    }
    for answer in answers {
        assert_eq!(
            (answer.header("content-length"), answer.header("transfer-encoding")),
            ("", ""),
            "{answer:?}"
        );
        assert_eq!((answer.header("content-type"), answer.body.len()), ("", 0), "{answer:?}");
    }
}

#[tokio::test]
async fn a_stream_without_content_says_nothing_of_a_length() {
    let app = App::start().await;
    // The Lambda runtime itself sets the Content-Type of a stream's prelude.
    let options = app.anonymous().call(Method::OPTIONS, "/lambda-url/stream/api/stream").await.expect(204);
    assert_eq!(
        (options.header("content-length"), options.header("transfer-encoding")),
        ("", ""),
        "{options:?}"
    );
}

#[tokio::test]
async fn a_path_with_patch_says_what_it_takes() {
    let app = App::start().await;
    let caller = app.caller();
    let accept_patch = "application/merge-patch+json, application/json";
    for DocumentedPath { path, methods } in &paths() {
        let options = caller.call(Method::OPTIONS, path).await.expect(204);
        let expected = if methods.contains("PATCH") { accept_patch } else { "" };
        assert_eq!(options.header("accept-patch"), expected, "{options:?}");
        let patch = caller
            .patch(path, &serde_json::json!([]))
            .header("content-type", "application/json-patch+json")
            .await;
        if methods.contains("PATCH") {
            patch.expect_error(415, "unsupported_media_type");
            assert_eq!(patch.header("accept-patch"), accept_patch, "{patch:?}");
            let put = caller.put(path, &serde_json::json!([])).header("content-type", "text/plain").await;
            put.expect_error(415, "unsupported_media_type");
            assert_eq!(put.header("accept-patch"), "", "{put:?}");
        } else {
            patch.expect_error(405, "method_not_allowed");
        }
    }
}

#[tokio::test]
async fn an_id_is_the_same_in_any_case() {
    let app = App::start().await;
    for resource in app.resources() {
        let created = resource.create().await.expect(201);
        expect_same_in_any_case(&resource.client, &created).await;
    }
}

#[tokio::test]
async fn the_id_of_a_file_and_of_its_user_is_the_same_in_any_case() {
    let app = App::start().await;
    let author = app.caller();
    let created = author.upload("a.png", "image/png", PNG).await.expect(201);
    expect_same_in_any_case(&author, &created).await;
    let form = Form::default().text("userId", &author.id().to_uppercase()).file("a.png", "image/png", PNG);
    let file = author.upload_form(form).await.expect(201);
    assert_eq!(author.get(file.header("location")).await.expect(200).text("/userId"), author.id());
}

/// Reads and deletes what was created, with its id in capitals. Other forms of the id are unknown.
async fn expect_same_in_any_case(client: &Client, created: &Answer) {
    let url = created.header("location");
    let (path, id) = url.rsplit_once('/').unwrap();
    let other = format!("{path}/{}", id.to_uppercase());
    assert_eq!(
        client.get(&other).await.expect(200).header("etag"),
        client.get(url).await.expect(200).header("etag")
    );
    for form in [id.replace('-', ""), format!("{{{id}}}"), format!("urn:uuid:{id}")] {
        client.get(&format!("{path}/{form}")).await.expect_error(404, "not_found");
    }
    client.delete(&other).await.expect(204);
    client.get(url).await.expect_error(404, "not_found");
}

#[tokio::test]
async fn a_path_that_is_not_there_is_answered_in_the_error_shape() {
    let app = App::start().await;
    for path in ["/", "/api", "/api/", "/api/userz", "/api/users/a/b", "/api/users/", "/favicon.ico"] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let answer = app.anonymous().call(method.clone(), path).await;
            let error = answer.expect_error(404, "not_found");
            let named = format!("There is nothing at {method} {path}: /api/docs describes what there is");
            assert_eq!(error["error"], named);
        }
    }
    // An error quotes the request only as JSON, escaped, and shortened if it is long.
    let long = "x".repeat(4000);
    for (method, path, named) in [
        (
            "GET",
            "/<script>alert(1)</script>".to_owned(),
            "GET /%3Cscript%3Ealert(1)%3C/script%3E:".to_owned(),
        ),
        ("GET", format!("/{long}"), format!("GET /{}...:", &long[..99])),
        (&*long.to_uppercase(), "/x".to_owned(), format!("{}... /x:", &long[..100].to_uppercase())),
    ] {
        let answer = app.anonymous().call(method.parse().unwrap(), &path).await;
        let error = answer.expect_error(404, "not_found");
        assert!(error["error"].as_str().unwrap().contains(&named), "{answer:?}");
        assert_eq!(answer.header("content-type"), "application/json");
    }
}

#[tokio::test]
async fn health_says_that_the_api_is_up_and_deep_that_the_table_is() {
    let app = App::start().await;
    for path in ["/api/health", "/api/health?deep=false", "/api/health?deep=true"] {
        let health = app.anonymous().get(path).await.expect(200);
        assert_eq!((&*health.text("/status"), &*health.text("/version")), ("ok", env!("CARGO_PKG_VERSION")));
    }
    assert_eq!(app.anonymous().get("/api/health?deep=2").await.bad_fields(), ["deep"]);
}
