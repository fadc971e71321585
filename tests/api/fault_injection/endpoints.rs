//! The requests that are sent while calls fail: each operation that reads or writes has a line here.

use std::future::ready;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::LocalBoxFuture;
use reqwest::Method;
use serde_json::{Value, json};
use shared::auth::{RefreshTokens, SESSION_COOKIE};
use shared::clock::Clock;
use shared::config::Secret;
use shared::random::Random;
use shared::store::{RefreshFamilies, Sessions};
use tests::{App, Browser, Call, Client, PASSWORD, checkout_event, post, user};

/// Sends the same request each time.
type Request = Box<dyn Fn() -> Call>;

/// Creates the resource of a request, a new one each time.
type Prepare = for<'a> fn(&'a App) -> LocalBoxFuture<'a, Request>;

/// A request that changes something.
pub(super) struct Write {
    pub(super) name: &'static str,
    pub(super) function: &'static str,
    pub(super) prepare: Prepare,
    /// The status of a request that succeeds.
    pub(super) done: u16,
    /// The status of a repetition, after the answer of the first success was lost.
    pub(super) repeated: u16,
    /// The changes that the repetition adds.
    pub(super) repeated_effect: &'static [&'static str],
}

/// A request that reads.
pub(super) struct Read {
    pub(super) name: &'static str,
    pub(super) prepare: Prepare,
}

const fn write(
    name: &'static str,
    function: &'static str,
    (done, repeated): (u16, u16),
    prepare: Prepare,
) -> Write {
    Write { name, function, prepare, done, repeated, repeated_effect: &[] }
}

impl Write {
    const fn repeated_effect(self, repeated_effect: &'static [&'static str]) -> Self {
        Self { repeated_effect, ..self }
    }
}

const fn read(name: &'static str, prepare: Prepare) -> Read {
    Read { name, prepare }
}

pub(super) const USERS: &[Write] = &[
    write("POST /api/users", "users", (201, 201), |app| {
        keyed_post(app.admin(), "/api/users", user(&address()))
    }),
    write("PUT /api/users/{id}", "users-id", (200, 200), |app| {
        let body = user(&address());
        on_user(app, move |client, path| client.put(path, &body))
    }),
    write("PATCH /api/users/{id}", "users-id", (200, 200), |app| {
        on_user(app, |client, path| client.patch(path, &json!({"name": "Countess"})))
    }),
    write("DELETE /api/users/{id}", "users-id", (204, 404), |app| on_user(app, Client::delete)),
];

pub(super) const POSTS: &[Write] = &[
    write("POST /api/posts", "posts", (201, 201), |app| {
        keyed_post(app.caller(), "/api/posts", post(&name("Post")))
    }),
    write("PUT /api/posts/{id}", "posts-id", (200, 200), |app| {
        let body = post(&name("Another post"));
        on_post(app, move |client, path| client.put(path, &body))
    }),
    write("PATCH /api/posts/{id}", "posts-id", (200, 200), |app| {
        on_post(app, |client, path| client.patch(path, &json!({"published": false})))
    }),
    write("DELETE /api/posts/{id}", "posts-id", (204, 404), |app| on_post(app, Client::delete)),
];

pub(super) const PROBLEMS: &[Write] = &[
    write("POST /api/problems", "problems", (201, 201), |app| {
        keyed_post(app.caller(), "/api/problems", problem("Two Sum"))
    }),
    write("PUT /api/problems/{id}", "problems-id", (200, 200), |app| {
        on_problem(app, |client, path| client.put(path, &problem("Three Sums")))
    }),
    write("PATCH /api/problems/{id}", "problems-id", (200, 200), |app| {
        on_problem(app, |client, path| client.patch(path, &json!({"difficulty": "hard"})))
    }),
    write("DELETE /api/problems/{id}", "problems-id", (204, 404), |app| on_problem(app, Client::delete)),
];

pub(super) const ACCOUNTS: &[Write] = &[
    // The client lost the tokens of the first answer, so it gets new ones.
    write("POST /api/auth/register", "auth-register", (201, 201), |app| {
        keyed_post(app.anonymous(), "/api/auth/register", credentials(&address()))
    })
    .repeated_effect(&["+REFRESH"]),
    write("POST /api/auth/login", "auth-login", (200, 200), |app| {
        Box::pin(async move {
            let (client, body) = (app.anonymous(), credentials(&account(app).await));
            Box::new(move || client.post("/api/auth/login", &body)) as Request
        })
    })
    .repeated_effect(&["+REFRESH"]),
    // Within ten seconds a repetition returns the same successor.
    write("POST /api/auth/refresh", "auth-refresh", (200, 200), |app| {
        with_refresh_token(app, |client, token| client.post("/api/auth/refresh", token))
    }),
    write("POST /api/auth/logout", "auth-logout", (204, 204), |app| {
        with_refresh_token(app, |client, token| client.post("/api/auth/logout", token))
    }),
];

pub(super) const SESSIONS: &[Write] = &[
    write("POST /api/session", "session", (201, 201), |app| {
        in_browser(app, |browser, email| browser.call(Method::POST, "/api/session").json(&credentials(email)))
    })
    .repeated_effect(&["+SESSION"]),
    write("DELETE /api/session", "session", (204, 204), |app| {
        in_browser(app, |browser, _| browser.delete("/api/session"))
    }),
    write("PUT /api/profile", "profile", (200, 200), |app| {
        let body = json!({"name": "Countess", "email": address()});
        in_browser(app, move |browser, _| browser.put("/api/profile", &body))
    }),
    // The first request replaced the password, so the current password of the repetition is wrong.
    write("PUT /api/profile with a password", "profile", (200, 400), |app| {
        let body = json!({"currentPassword": PASSWORD, "newPassword": "another password"});
        in_browser(app, move |browser, _| browser.put("/api/profile", &body))
    }),
];

pub(super) const PAYMENTS: &[Write] =
    &[write("POST /api/webhooks/stripe", "webhooks-stripe", (200, 200), |app| {
        let (stripe, event) = (app.stripe(), checkout_event("checkout.session.completed", &json!({})));
        Box::pin(ready(Box::new(move || stripe.deliver(&event)) as Request))
    })];

/// Requests for presigned URLs. Uploads with a body are in [`super::uploads`]. An unused URL's item expires by TTL.
pub(super) const PRESIGNED_UPLOADS: &[Write] =
    &[write("POST /api/upload/presign", "upload-presign", (201, 201), |app| {
        let client = app.caller();
        Box::pin(ready(Box::new(move || client.presign("a.png", "image/png", 100)) as Request))
    })
    .repeated_effect(&["+FILE"])];

pub(super) const READS: &[Read] = &[
    read("GET /api/health?deep=true", |app| get(app.anonymous(), "/api/health?deep=true")),
    read("GET /api/users", |app| get(app.admin(), "/api/users")),
    read("GET /api/users/{id}", |app| on_user(app, Client::get)),
    read("GET /api/posts", |app| get(app.anonymous(), "/api/posts")),
    read("GET /api/posts/{id}", |app| on_post(app, Client::get)),
    read("GET /api/problems/{id}", |app| on_problem(app, Client::get)),
    read("GET /api/search", |app| get(app.anonymous(), "/api/search?q=two")),
    read("GET /api/upload/{id}", |app| {
        let file = json!({"fileName": "a.png", "contentType": "image/png", "size": 100});
        on_made(app.caller(), "/api/upload/presign", file, Client::get)
    }),
    read("GET /api/payments", |app| on_user(app, |client, _| client.get("/api/payments"))),
    read("GET /api/protected", |app| on_user(app, |client, _| client.get("/api/protected"))),
    read("GET /api/session", |app| in_browser(app, |browser, _| browser.get("/api/session"))),
    read("GET /api/profile", |app| in_browser(app, |browser, _| browser.get("/api/profile"))),
];

fn get(client: Client, path: &'static str) -> LocalBoxFuture<'static, Request> {
    Box::pin(ready(Box::new(move || client.get(path)) as Request))
}

/// Returns a POST with an `Idempotency-Key`, so that it can be repeated.
fn keyed_post(client: Client, path: &'static str, body: Value) -> LocalBoxFuture<'static, Request> {
    let key = name("key").replace(' ', "-");
    let request = move || client.post(path, &body).header("idempotency-key", &key);
    Box::pin(ready(Box::new(request) as Request))
}

/// Creates a user and returns a request by that user to the user's own path.
fn on_user(app: &App, request: impl Fn(&Client, &str) -> Call + 'static) -> LocalBoxFuture<'_, Request> {
    Box::pin(async move {
        let id = app.account(&address()).await.id.to_string();
        let (client, path) = (app.user(&id), format!("/api/users/{id}"));
        Box::new(move || request(&client, &path)) as Request
    })
}

/// Creates a post and returns a request by its author to the post's path.
fn on_post(app: &App, request: impl Fn(&Client, &str) -> Call + 'static) -> LocalBoxFuture<'_, Request> {
    on_made(app.caller(), "/api/posts", post(&name("Post")), request)
}

/// Creates a problem and returns a request by its author to the problem's path.
fn on_problem(app: &App, request: impl Fn(&Client, &str) -> Call + 'static) -> LocalBoxFuture<'_, Request> {
    on_made(app.caller(), "/api/problems", problem("Two Sum"), request)
}

fn on_made(
    client: Client,
    path: &'static str,
    body: Value,
    request: impl Fn(&Client, &str) -> Call + 'static,
) -> LocalBoxFuture<'static, Request> {
    Box::pin(async move {
        let location = client.post(path, &body).await.expect(201).header("location").to_owned();
        Box::new(move || request(&client, &location)) as Request
    })
}

/// Returns a request whose body carries a refresh token.
fn with_refresh_token(
    app: &App,
    request: impl Fn(&Client, &Value) -> Call + 'static,
) -> LocalBoxFuture<'_, Request> {
    Box::pin(async move {
        let user = app.account(&address()).await;
        let secret = app.stack.secret("JWT_SECRET").unwrap().to_owned();
        let families = RefreshFamilies::new(app.table(), Clock::system(), Random::system());
        let tokens = RefreshTokens::new(&[Secret::new("JWT_SECRET", secret).unwrap()], families);
        let body = json!({"refreshToken": tokens.begin(&user).await.unwrap()});
        let client = app.anonymous();
        Box::new(move || request(&client, &body)) as Request
    })
}

/// Returns a request from a browser in which the user with this address is signed in.
fn in_browser(app: &App, request: impl Fn(&Browser, &str) -> Call + 'static) -> LocalBoxFuture<'_, Request> {
    Box::pin(async move {
        let email = address();
        let user = app.account(&email).await;
        let sessions = Sessions::new(app.table(), Clock::system(), Random::system());
        let session = sessions.begin(user.id, user.auth_epoch).await.unwrap();
        let browser = app.browser().with_cookie(&format!("{SESSION_COOKIE}={}", session.id.reveal()));
        Box::new(move || request(&browser, &email)) as Request
    })
}

/// Creates a user who signs in with [`credentials`], and returns the address.
async fn account(app: &App) -> String {
    let email = address();
    app.account(&email).await;
    email
}

fn credentials(email: &str) -> Value {
    json!({"email": email, "password": PASSWORD})
}

fn problem(name: &str) -> Value {
    json!({"name": name, "description": "Find them.", "difficulty": "easy"})
}

/// Returns an address that no user has.
fn address() -> String {
    format!("{}@example.com", name("user").replace(' ', "-"))
}

/// Returns a name that no resource has.
fn name(begin: &str) -> String {
    static USED: AtomicUsize = AtomicUsize::new(0);
    format!("{begin} {}", USED.fetch_add(1, Ordering::Relaxed))
}
