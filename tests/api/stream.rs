//! The function `stream`, at its own URL.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, App, Client, Document, post};

use crate::conformance::expect_complaint;

const GREETING: &str = "/lambda-url/stream/api/stream";
const POSTS: &str = "/lambda-url/stream/api/stream/posts";

/// More posts than fit into one page of the function's query.
const PAGES: usize = 450;

fn lines(answer: &Answer) -> Vec<Value> {
    let text = std::str::from_utf8(&answer.body).unwrap();
    assert!(text.ends_with('\n'), "{answer:?}");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

async fn all_posts(client: &Client) -> Vec<Value> {
    let mut lines = lines(&client.get(POSTS).await.expect(200));
    let count = lines.len() - 1;
    assert_eq!(lines.pop(), Some(json!({"complete": true, "count": count})));
    lines
}

#[tokio::test]
async fn a_greeting_comes_in_three_pieces() {
    let app = App::start().await;
    let mut response = app.anonymous().get(GREETING).open().await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    assert!(response.headers().contains_key("x-request-id"));
    let mut pieces = Vec::new();
    while let Some(piece) = response.chunk().await.unwrap() {
        pieces.push(String::from_utf8(piece.to_vec()).unwrap());
    }
    assert_eq!(pieces, ["Hello", " ", "World"]);
}

#[tokio::test]
async fn every_published_post_is_a_line_as_in_the_list() {
    let app = App::start().await;
    assert_eq!(all_posts(&app.anonymous()).await, Vec::<Value>::new());
    let author = app.caller();
    for title in ["First post", "Second post", "Third post"] {
        author.post("/api/posts", &post(title)).await.expect(201);
    }
    let mut draft = post("A draft of mine");
    draft["published"] = json!(false);
    author.post("/api/posts", &draft).await.expect(201);
    let listed = author.get("/api/posts").await.expect(200).json();
    assert_eq!(json!(all_posts(&author).await), listed["posts"]);
}

#[tokio::test]
async fn a_list_of_many_pages_is_whole() {
    let app = App::start().await;
    app.write_posts(PAGES);
    let posts = all_posts(&app.anonymous()).await;
    let titles: Vec<&str> = posts.iter().map(|post| post["title"].as_str().unwrap()).collect();
    let expected: Vec<String> = (0..PAGES).rev().map(|number| format!("Post number {number}")).collect();
    assert_eq!(titles, expected);
}

#[tokio::test]
async fn what_fails_before_the_beginning_has_a_status_of_its_own() {
    let app = App::start().await;
    app.stack.stop_dynamodb().await.unwrap();
    let answer = app.anonymous().get(POSTS).await;
    answer.expect_error(503, "unavailable");
    assert_eq!((answer.header("content-type"), answer.header("retry-after")), ("application/json", "1"));
    app.stack.start_dynamodb().unwrap();
    assert_eq!(all_posts(&app.anonymous()).await.len(), 0);
}

#[tokio::test]
async fn what_fails_in_the_middle_is_the_last_line() {
    let app = App::start().await;
    app.write_posts(5 * PAGES);
    let anyone = app.anonymous();
    // The fault must come before the function reads the last page. If it comes too late, the test tries again.
    for _ in 0..20 {
        let mut response = anyone.get(POSTS).open().await;
        assert_eq!(response.status(), 200);
        let request_id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        let mut body = response.chunk().await.unwrap().unwrap().to_vec();
        app.stack.stop_dynamodb().await.unwrap();
        while let Some(piece) = response.chunk().await.unwrap() {
            body.extend_from_slice(&piece);
        }
        app.stack.start_dynamodb().unwrap();
        let text = String::from_utf8(body).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let (last, posts) = lines.split_last().unwrap();
        if last["complete"] == true {
            continue;
        }
        assert_eq!((&last["code"], &last["requestId"]), (&json!("unavailable"), &json!(request_id)));
        assert!(last["error"].is_string() && last["timestamp"].is_string(), "{last}");
        assert!(!last.to_string().contains("127.0.0.1"), "nothing internal: {last}");
        assert!(posts.len() >= 200 && posts.iter().all(|post| post["id"].is_string()), "{}", posts.len());
        assert_eq!(all_posts(&anyone).await.len(), 5 * PAGES);
        app.stack.shutdown().await;
        let logs = app.stack.logs();
        let logged = logs.lines().find(|line| line.contains(&request_id)).unwrap();
        for part in [r#""ended":"failed""#, r#""code":"unavailable""#, r#""level":"ERROR""#, r#""calls":"#] {
            assert!(logged.contains(part), "no {part} in {logged}");
        }
        assert_eq!(logs.matches(" cold stream").count(), 1, "one instance served them all");
        return;
    }
    panic!("the function was always faster than the fault");
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_the_instance_free() {
    let app = App::with_instances(1).await;
    app.write_posts(PAGES);
    for _ in 0..3 {
        let mut response = app.anonymous().get(GREETING).open().await;
        assert_eq!(response.chunk().await.unwrap().unwrap(), "Hello");
    }
    assert_eq!(all_posts(&app.anonymous()).await.len(), PAGES);
    app.stack.shutdown().await;
    let logs = app.stack.logs();
    assert_eq!(logs.matches(" cold stream").count(), 1, "{logs}");
    // The function noticed nothing and sent everything.
    assert_eq!(logs.matches(r#""bytes":11,"ended":"whole""#).count(), 3, "{logs}");
}

#[tokio::test]
async fn a_long_list_takes_no_more_memory_than_a_short_one() {
    let app = App::start().await;
    app.anonymous().get(GREETING).await.expect(200);
    let (idle, _) = app.memory("stream");
    app.write_posts(20_000);
    assert_eq!(all_posts(&app.anonymous()).await.len(), 20_000);
    let (_, peak) = app.memory("stream");
    assert!(peak <= idle + 10 * 1024, "{idle} kB idle, {peak} kB at the most");
}

#[tokio::test]
async fn every_path_answers_every_method() {
    let app = App::start().await;
    let anyone = app.anonymous();
    for path in [GREETING, POSTS] {
        let get = anyone.get(path).await.expect(200);
        let head = anyone.call(Method::HEAD, path).await.expect(200);
        assert_eq!(head.body.len(), 0, "{head:?}");
        assert_eq!(head.header("content-type"), get.header("content-type"));
        let options = anyone.call(Method::OPTIONS, path).await.expect(204);
        let allow: BTreeSet<&str> =
            options.header("allow").split(", ").flat_map(|part| part.split(',')).collect();
        assert_eq!(allow, BTreeSet::from(["GET", "HEAD", "OPTIONS"]));
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            let refused = anyone.call(method, path).await;
            refused.expect_error(405, "method_not_allowed");
            assert_eq!(refused.header("allow"), options.header("allow"));
        }
        anyone.get(path).header("accept", "image/png").await.expect_error(406, "not_acceptable");
    }
}

#[tokio::test]
async fn a_path_that_is_not_there_is_answered_in_the_error_shape() {
    let app = App::start().await;
    for path in [
        "",
        "/",
        "/api",
        "/api/stream/",
        "/api/stream/none",
        "/api/stream%2Fposts",
        "/api/%73tream",
        "/%ff",
        "/%",
    ] {
        let answer = app.anonymous().get(&format!("/lambda-url/stream{path}")).await;
        answer.expect_error(404, "not_found");
    }
    // The API's own routes do not serve streams.
    for path in ["/api/stream", "/api/stream/posts"] {
        app.anonymous().get(path).await.expect_error(404, "not_found");
    }
    // The function `posts` has no URL.
    app.anonymous().get("/lambda-url/posts/api/posts").await.expect(403);
}

#[tokio::test]
async fn a_difference_from_the_document_is_noticed() {
    let app = App::start().await;
    app.caller().post("/api/posts", &post("On engines")).await.expect(201);
    let mut answer = app.anonymous().get(POSTS).await.expect(200);
    let url = "/paths/~1api~1stream~1posts/get/servers/0/url";
    expect_complaint(&answer, url, Some(json!("/")), "is no operation");
    expect_complaint(&answer, "/components/schemas/PostLine/oneOf/1", Some(json!(false)), "the body");
    answer.body.extend_from_slice(b"{}\n");
    let found = answer.deviations(Document::published());
    assert!(found.iter().any(|found| found.contains("the body")), "{found:#?}");
}
