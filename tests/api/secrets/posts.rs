use serde_json::{Value, json};
use tests::{App, post};

use super::seen::May::{LinkQuery, ShowContent, ShowNothing};
use super::seen::{QUERY, Seen};

const CONTENT: &str = "canary-content";

/// Writes a post, fails to do so in every way, and lists posts.
pub(super) async fn requests(app: &App, seen: &mut Seen, authorization: &str) {
    let client = app.anonymous();
    let mut body = post("A title that is nobody's secret");
    body["content"] = json!(CONTENT);
    let write = |body: &Value| client.post("/api/posts", body).header("authorization", authorization);
    seen.see(201, ShowContent(CONTENT), write(&body)).await;
    seen.see(409, ShowNothing, write(&body)).await;
    body["title"] = json!("");
    seen.see(400, ShowNothing, write(&body)).await;
    seen.see(200, LinkQuery, client.get(&format!("/api/posts?category={QUERY}"))).await;
    for name in ["sort", "order", "mine"] {
        seen.see(400, ShowNothing, client.get(&format!("/api/posts?{name}={QUERY}"))).await;
    }
}

/// Does the same while the table cannot be reached.
pub(super) async fn without_dynamodb(app: &App, seen: &mut Seen, authorization: &str) {
    let client = app.anonymous();
    seen.see(503, ShowNothing, client.get(&format!("/api/posts?category={QUERY}"))).await;
    let body = json!({"title": "Some title", "content": CONTENT});
    let write = client.post("/api/posts", &body).header("authorization", authorization);
    seen.see(503, ShowNothing, write).await;
}
