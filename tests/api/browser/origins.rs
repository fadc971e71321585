//! Pages of another origin: the requests that their scripts may send and the answers that they can read.

use serde_json::{Value, json};
use tests::{App, Chromium, PASSWORD, Page, Site, user};

const ADA: &str = "ada@example.com";

/// Headers that common client libraries add to every request.
const ADDED: [(&str, &str); 6] = [
    ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ("tracestate", "vendor=value"),
    ("baggage", "release=1"),
    ("X-Requested-With", "XMLHttpRequest"),
    ("Cache-Control", "no-cache"),
    ("Pragma", "no-cache"),
];

/// A page that calls the API, with or without an access token.
struct Caller<'p> {
    page: &'p Page,
    api: String,
    token: Option<String>,
}

impl Caller<'_> {
    async fn call(&self, method: &str, path: &str, headers: Value, body: Value) -> Value {
        let mut sent = json!({});
        for (name, value) in ADDED {
            sent[name] = json!(value);
        }
        if let Some(token) = &self.token {
            sent["Authorization"] = json!(format!("Bearer {token}"));
        }
        if !body.is_null() {
            sent["Content-Type"] = json!("application/json");
        }
        sent.as_object_mut().unwrap().extend(headers.as_object().unwrap().clone());
        let mut init = json!({"method": method, "headers": sent, "credentials": "include"});
        if !body.is_null() {
            init["body"] = json!(body.to_string());
        }
        self.page.fetch(&format!("{}{path}", self.api), init).await
    }

    async fn expect(&self, status: u64, method: &str, path: &str, headers: Value, body: Value) -> Value {
        let answer = self.call(method, path, headers, body).await;
        assert_eq!(answer["status"], status, "{method} {path}: {answer}");
        answer["headers"].clone()
    }
}

fn localhost(app: &App) -> String {
    app.stack.url().replace("127.0.0.1", "localhost")
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_uses_every_method_and_reads_every_header() {
    let Some(chromium) = Chromium::start().await else { return };
    let site = Site::of_empty_pages().await;
    let app = App::allowing(&site.origin()).await;
    let page = chromium.open(&site.origin()).await;
    let token = Some(app.admin().token().to_owned());
    let caller = Caller { page: &page, api: localhost(&app), token };
    let (none, nothing) = (json!({}), Value::Null);

    let key = json!({"Idempotency-Key": "first"});
    let made = caller.expect(201, "POST", "/api/users", key.clone(), user(ADA)).await;
    let (url, etag) = (made["location"].as_str().unwrap(), made["etag"].clone());
    for name in ["x-request-id", "ratelimit", "ratelimit-policy", "server-timing"] {
        assert!(made[name].is_string(), "{name} is readable: {made}");
    }
    let again = caller.expect(201, "POST", "/api/users", key, user(ADA)).await;
    assert_eq!(again["idempotency-replayed"], "true", "{again}");
    caller.expect(304, "GET", url, json!({"If-None-Match": etag}), nothing.clone()).await;
    let head = caller.expect(200, "HEAD", url, none.clone(), nothing.clone()).await;
    assert_eq!(head["etag"], etag);
    let edited = json!({"Content-Type": "application/merge-patch+json", "If-Match": etag});
    let changed = caller.expect(200, "PATCH", url, edited, json!({"name": "Countess"})).await;
    let stale = json!({"If-Match": etag});
    caller.expect(412, "PUT", url, stale, user(ADA)).await;
    let current = json!({"If-Match": changed["etag"]});
    caller.expect(200, "PUT", url, current, user(ADA)).await;
    let list = caller.expect(200, "GET", "/api/users?limit=1", none.clone(), nothing.clone()).await;
    assert!(list["link"].is_string(), "{list}");
    let options = caller.expect(204, "OPTIONS", url, none.clone(), nothing.clone()).await;
    assert!(options["allow"].as_str().unwrap().contains("PATCH"), "{options}");
    caller.expect(204, "DELETE", url, none.clone(), nothing.clone()).await;

    // Scripts can read refusals, too.
    caller.expect(404, "GET", url, none.clone(), nothing.clone()).await;
    let refused = caller.expect(405, "DELETE", "/api/users", none.clone(), nothing).await;
    assert!(refused["allow"].as_str().unwrap().contains("POST"), "{refused}");
    let anyone = Caller { token: None, api: localhost(&app), page: &page };
    let refused = anyone.expect(401, "POST", "/api/users", none, user(ADA)).await;
    assert!(refused["www-authenticate"].as_str().unwrap().starts_with("Bearer"), "{refused}");
    page.close().await;
}

/// The stream has another origin on AWS. The same rules apply to it.
#[tokio::test]
async fn a_page_of_an_allowed_origin_reads_a_stream() {
    let Some(chromium) = Chromium::start().await else { return };
    let site = Site::of_empty_pages().await;
    let app = App::allowing(&site.origin()).await;
    let page = chromium.open(&site.origin()).await;
    let caller = Caller { page: &page, api: localhost(&app), token: Some(app.caller().token().to_owned()) };
    let (none, nothing) = (json!({}), Value::Null);
    let stream = "/lambda-url/stream/api/stream";
    let streamed = caller.expect(200, "GET", stream, none.clone(), nothing.clone()).await;
    assert!(streamed["x-request-id"].is_string(), "{streamed}");
    let refused = caller.expect(405, "POST", stream, none, nothing).await;
    assert!(refused["allow"].as_str().unwrap().contains("GET"), "{refused}");
    let pieces = "const reader = (await fetch(args)).body.getReader();
        const pieces = [];
        for (let piece; !(piece = await reader.read()).done;) pieces.push(new TextDecoder().decode(piece.value));
        return pieces;";
    let pieces = page.run(pieces, json!(format!("{}{stream}", localhost(&app)))).await;
    assert_eq!(pieces, json!(["Hello", " ", "World"]));
    page.close().await;
}

#[tokio::test]
async fn a_page_of_another_origin_than_the_allowed_reads_nothing() {
    let Some(chromium) = Chromium::start().await else { return };
    let (site, stranger) = (Site::of_empty_pages().await, Site::of_empty_pages().await);
    let app = App::allowing(&site.origin()).await;
    let page = chromium.open(&stranger.origin()).await;
    let caller = Caller { page: &page, api: localhost(&app), token: Some(app.admin().token().to_owned()) };
    for (method, path, body) in [
        ("GET", "/api/users", Value::Null),
        ("POST", "/api/users", user(ADA)),
        ("GET", "/lambda-url/stream/api/stream", Value::Null),
    ] {
        assert_eq!(caller.call(method, path, json!({}), body).await, Value::Null, "{method} {path}");
    }
    assert_eq!(app.users().count().await.unwrap(), 1, "the admin");
    page.close().await;
}

/// A site is a scheme and a registrable domain, or an address. `SameSite=Strict` keeps the cookie on its own site.
#[tokio::test]
async fn a_session_reaches_another_port_of_localhost_and_not_another_host() {
    let Some(chromium) = Chromium::start().await else { return };
    let site = Site::of_empty_pages().await;
    let app = App::allowing(&format!("{},{}", site.origin(), site.origin_at("127.0.0.1"))).await;
    app.account(ADA).await;
    let credentials = json!({"email": ADA, "password": PASSWORD});
    for (pages, api, then) in [
        (site.origin(), localhost(&app), 200),
        (site.origin(), app.stack.url(), 401),
        (site.origin_at("127.0.0.1"), app.stack.url(), 200),
        (site.origin_at("127.0.0.1"), localhost(&app), 401),
    ] {
        let page = chromium.open(&pages).await;
        let caller = Caller { page: &page, api, token: None };
        caller.expect(201, "POST", "/api/session", json!({}), credentials.clone()).await;
        caller.expect(then, "GET", "/api/session", json!({}), Value::Null).await;
        caller.expect(204, "DELETE", "/api/session", json!({}), Value::Null).await;
        page.close().await;
    }
}
