//! Authorisation of every operation in openapi.json: every kind of caller tries it with every kind of credential.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, App, Form, PNG, post, problem, user};

/// The four callers, in the order of a case's statuses.
const WHO: [&str; 4] = ["an anonymous client", "somebody else", "the owner", "an admin"];
const OWNER: usize = 2;

const PASSWORD: &str = "correct horse battery staple";

/// An operation, the request that each of the four callers sends, and the statuses that they get.
struct Case {
    /// Method and path as openapi.json has them.
    operation: &'static str,
    resource: Resource,
    credential: Credential,
    statuses: [u16; 4],
    /// The path of the request, if it differs from the operation's path.
    path: Option<&'static str>,
    body: Option<fn(&Target) -> Value>,
    form: Option<fn(&Target) -> Form>,
    /// True if the answer's `user` must be the caller.
    is_about_oneself: bool,
}

/// A resource of the owner's that the request is about. Each request gets a new one.
#[derive(Clone, Copy, Debug)]
enum Resource {
    Nothing,
    User,
    Draft,
    Published,
    Problem,
    File,
    RefreshToken,
}

/// The credential of a request; an anonymous client never sends one.
#[derive(Clone, Copy, Debug)]
enum Credential {
    Token,
    /// A session's cookie, from the API's own pages.
    Cookie,
    /// A session's cookie, from a page of another origin.
    StrangeCookie,
}

use Credential::{Cookie, StrangeCookie, Token};
use Resource::{Draft, File, Nothing, Problem, Published, RefreshToken, User};

/// Lists a case for every operation. The four statuses are those of an anonymous client, somebody else, the owner and
/// an admin.
fn cases() -> Vec<Case> {
    let (everybody, changed) = ([200; 4], |_: &Target| json!({"name": "Changed"}));
    vec![
        case("GET /api/docs", Nothing, Token, everybody),
        case("GET /api/docs/{file}", Nothing, Token, everybody).at("/api/docs/swagger-ui.css"),
        case("GET /api/health", Nothing, Token, everybody),
        case("GET /api/openapi.json", Nothing, Token, everybody),
        case("GET /api/example", Nothing, Token, everybody),
        case("GET /api/example", Nothing, StrangeCookie, everybody),
        case("POST /api/example", Nothing, Token, everybody).with(|_| json!({"any": "member"})),
        case("POST /api/example", Nothing, StrangeCookie, everybody).with(|_| json!({"any": "member"})),
        case("GET /api/public", Nothing, Token, everybody),
        case("GET /api/weather", Nothing, Token, everybody).at("/api/weather?city=London"),
        case("GET /api/weather", Nothing, Token, [400; 4]),
        // Users
        case("GET /api/users", Nothing, Token, [401, 200, 200, 200]),
        case("GET /api/users", Nothing, Cookie, [401; 4]),
        case("POST /api/users", Nothing, Token, [401, 403, 403, 201]).with(|to| user(&to.new_email())),
        case("GET /api/users/{id}", User, Token, [401, 200, 200, 200]),
        case("PUT /api/users/{id}", User, Token, [401, 403, 200, 200]).with(|to| user(&to.new_email())),
        case("PATCH /api/users/{id}", User, Token, [401, 403, 200, 200]).with(changed),
        case("PATCH /api/users/{id}", User, Cookie, [401; 4]).with(changed),
        case("PATCH /api/users/{id}", User, Token, [401, 403, 403, 200]).with(|_| json!({"role": "admin"})),
        case("DELETE /api/users/{id}", User, Token, [401, 403, 204, 204]),
        case("DELETE /api/users/{id}", User, Cookie, [401; 4]),
        // Posts
        case("GET /api/posts", Nothing, Token, everybody),
        case("GET /api/posts", Nothing, Token, [401, 200, 200, 200]).at("/api/posts?mine=true"),
        case("POST /api/posts", Nothing, Token, [401, 201, 201, 201]).with(|to| post(&to.new_title())),
        case("POST /api/posts", Nothing, Cookie, [401; 4]).with(|to| post(&to.new_title())),
        case("GET /api/posts/{id}", Published, Token, everybody),
        case("GET /api/posts/{id}", Draft, Token, [404, 404, 200, 200]),
        case("PUT /api/posts/{id}", Published, Token, [401, 403, 200, 200]).with(|to| post(&to.new_title())),
        case("PUT /api/posts/{id}", Draft, Token, [401, 404, 200, 200]).with(|to| post(&to.new_title())),
        case("PATCH /api/posts/{id}", Published, Token, [401, 403, 200, 200])
            .with(|_| json!({"content": "Changed."})),
        case("PATCH /api/posts/{id}", Draft, Token, [401, 404, 200, 200])
            .with(|_| json!({"published": true})),
        case("DELETE /api/posts/{id}", Published, Token, [401, 403, 204, 204]),
        case("DELETE /api/posts/{id}", Draft, Token, [401, 404, 204, 204]),
        // Problems
        case("GET /api/problems", Nothing, Token, everybody),
        case("POST /api/problems", Nothing, Token, [401, 201, 201, 201]).with(|to| problem(&to.new_title())),
        case("POST /api/problems", Nothing, Cookie, [401; 4]).with(|to| problem(&to.new_title())),
        case("GET /api/problems/{id}", Problem, Token, everybody),
        case("PUT /api/problems/{id}", Problem, Token, [401, 403, 200, 200])
            .with(|to| problem(&to.new_title())),
        case("PATCH /api/problems/{id}", Problem, Token, [401, 403, 200, 200])
            .with(|_| json!({"difficulty": "hard"})),
        case("PATCH /api/problems/{id}", Problem, Cookie, [401; 4]).with(|_| json!({"difficulty": "hard"})),
        case("DELETE /api/problems/{id}", Problem, Token, [401, 403, 204, 204]),
        case("DELETE /api/problems/{id}", Problem, Cookie, [401; 4]),
        case("GET /api/search", Nothing, Token, everybody).at("/api/search?q=title"),
        // Accounts and tokens: anybody with the password or the refresh token may.
        case("POST /api/auth/register", Nothing, Token, [201; 4])
            .with(|to| json!({"email": to.new_email(), "password": PASSWORD})),
        case("POST /api/auth/login", User, Token, everybody).with(|to| credentials(to, PASSWORD)),
        case("POST /api/auth/login", User, Token, [401; 4]).with(|to| credentials(to, "not the password")),
        case("POST /api/auth/refresh", RefreshToken, Token, everybody).with(refresh_token),
        case("POST /api/auth/refresh", Nothing, Token, [401; 4]).with(no_refresh_token),
        case("POST /api/auth/logout", RefreshToken, Token, [204; 4]).with(refresh_token),
        case("POST /api/auth/logout", Nothing, Token, [204; 4]).with(no_refresh_token),
        case("GET /api/protected", Nothing, Token, [401, 200, 200, 200]).about_oneself(),
        case("GET /api/protected", Nothing, Cookie, [401; 4]),
        // Files: those of others are 404. An admin uploads for any user.
        case("POST /api/upload", Nothing, Token, [401, 403, 201, 201]).with_form(png),
        case("POST /api/upload", Nothing, Cookie, [401; 4]).with_form(png),
        case("POST /api/upload/presign", Nothing, Token, [401, 201, 201, 201]).with(png_to_be),
        case("POST /api/upload/presign", Nothing, Cookie, [401; 4]).with(png_to_be),
        case("GET /api/upload/{id}", File, Token, [401, 404, 200, 200]),
        case("GET /api/upload/{id}", File, Cookie, [401; 4]),
        case("DELETE /api/upload/{id}", File, Token, [401, 404, 204, 204]),
        case("DELETE /api/upload/{id}", File, Cookie, [401; 4]),
        // Payments: callers list their own, and only Stripe can sign an event.
        case("GET /api/payments", Nothing, Token, [401, 200, 200, 200]),
        case("GET /api/payments", Nothing, Cookie, [401; 4]),
        case("POST /api/webhooks/stripe", Nothing, Token, [400; 4]).with(|_| json!({"id": "evt_1"})),
        // Streams, at the function's own URL
        case("GET /api/stream", Nothing, Token, everybody).at("/lambda-url/stream/api/stream"),
        case("GET /api/stream/posts", Nothing, Token, everybody).at("/lambda-url/stream/api/stream/posts"),
        // Sessions: callers see and end their own.
        case("POST /api/session", User, Token, [201; 4]).with(|to| credentials(to, PASSWORD)),
        case("POST /api/session", User, Token, [401; 4]).with(|to| credentials(to, "not the password")),
        case("POST /api/session", User, StrangeCookie, [201, 403, 403, 403])
            .with(|to| credentials(to, PASSWORD)),
        case("GET /api/session", Nothing, Cookie, [401, 200, 200, 200]).about_oneself(),
        case("GET /api/session", Nothing, Token, [401; 4]),
        case("DELETE /api/session", Nothing, Cookie, [204; 4]),
        case("DELETE /api/session", Nothing, StrangeCookie, [204, 403, 403, 403]),
        case("GET /api/profile", Nothing, Cookie, [401, 200, 200, 200]).about_oneself(),
        case("GET /api/profile", Nothing, Token, [401; 4]),
        case("PUT /api/profile", Nothing, Cookie, [401, 200, 200, 200]).with(changed).about_oneself(),
        case("PUT /api/profile", Nothing, StrangeCookie, [401, 403, 403, 403]).with(changed),
        case("PUT /api/profile", Nothing, Token, [401; 4]).with(changed),
    ]
}

fn credentials(to: &Target, password: &str) -> Value {
    json!({"email": to.owner.email, "password": password})
}

fn refresh_token(to: &Target) -> Value {
    json!({"refreshToken": to.refresh_token})
}

fn png(to: &Target) -> Form {
    Form::default().text("userId", &to.owner.id).file("a.png", "image/png", PNG)
}

fn png_to_be(_: &Target) -> Value {
    json!({"fileName": "a.png", "contentType": "image/png", "size": PNG.len()})
}

fn no_refresh_token(_: &Target) -> Value {
    json!({"refreshToken": "A".repeat(70)})
}

#[test]
fn every_operation_has_a_case_and_every_case_an_operation() {
    let documented: BTreeSet<String> = operations().into_iter().map(|(operation, _)| operation).collect();
    let tried: BTreeSet<String> = cases().into_iter().map(|case| case.operation.to_owned()).collect();
    let mut gaps = Vec::new();
    for operation in documented.difference(&tried) {
        gaps.push(format!("tests/api/authorisation.rs: no case of {operation}; add one to `cases()`, which says what {} get", WHO.join(", ")));
    }
    for operation in tried.difference(&documented) {
        gaps.push(format!("tests/api/authorisation.rs: openapi.json has no {operation}; remove its cases"));
    }
    assert!(gaps.is_empty(), "\n\n{}\n", gaps.join("\n"));
}

#[test]
fn the_document_says_which_operations_take_nobody_without_a_credential() {
    for (operation, security) in operations() {
        let anonymous: BTreeSet<u16> =
            cases().iter().filter(|case| case.operation == operation).map(|case| case.statuses[0]).collect();
        let alternatives = security.as_array();
        // With an empty list, or an empty alternative in it, the operation needs no credential.
        let is_closed = alternatives.is_some_and(|all| !all.is_empty() && !all.contains(&json!({})));
        let is_refused = anonymous.iter().all(|status| *status == 401) && !anonymous.is_empty();
        // An open operation answers 401, too, if it refuses a password.
        assert!(!is_closed || is_refused, "{operation}: closed in the document, and {anonymous:?}");
        assert!(is_closed || !is_refused, "{operation}: open in the document, and 401 to the anonymous");
    }
}

#[tokio::test]
async fn everybody_gets_what_is_theirs_and_nothing_else() {
    let world = World::new().await;
    let mut wrong = Vec::new();
    for case in cases() {
        for (who, status) in case.statuses.into_iter().enumerate() {
            if let Err(what) = world.attempt(&case, who, status).await {
                let Case { operation, resource, credential, .. } = case;
                wrong.push(format!("{operation} (on {resource:?}, by {credential:?}), {}: {what}", WHO[who]));
            }
        }
    }
    assert!(wrong.is_empty(), "\n\n{}\n", wrong.join("\n"));
}

/// Returns every operation of openapi.json with its `security`.
fn operations() -> Vec<(String, Value)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi.json");
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            // A path item has members of other kinds, too.
            if operation["responses"].is_object() {
                let method = method.to_uppercase();
                operations.push((format!("{method} {path}"), operation["security"].clone()));
            }
        }
    }
    operations
}

fn case(operation: &'static str, resource: Resource, credential: Credential, statuses: [u16; 4]) -> Case {
    Case {
        operation,
        resource,
        credential,
        statuses,
        path: None,
        body: None,
        form: None,
        is_about_oneself: false,
    }
}

impl Case {
    fn at(mut self, path: &'static str) -> Self {
        self.path = Some(path);
        self
    }

    fn with(mut self, body: fn(&Target) -> Value) -> Self {
        self.body = Some(body);
        self
    }

    fn with_form(mut self, form: fn(&Target) -> Form) -> Self {
        self.form = Some(form);
        self
    }

    fn about_oneself(mut self) -> Self {
        self.is_about_oneself = true;
        self
    }
}

/// A person with an account.
#[derive(Clone)]
struct Person {
    id: String,
    email: String,
    token: String,
    refresh_token: String,
}

/// The resource and the addresses of one request.
struct Target {
    /// A number that no other target has.
    number: usize,
    owner: Person,
    /// The resource's path, if the request is about one.
    url: Option<String>,
    refresh_token: String,
}

impl Target {
    fn new_email(&self) -> String {
        format!("new-{}@example.com", self.number)
    }

    fn new_title(&self) -> String {
        format!("New title {}", self.number)
    }
}

struct World {
    app: App,
    /// The people in the order of [`WHO`], without the anonymous client.
    people: [Person; 3],
    requests: AtomicUsize,
}

impl World {
    async fn new() -> Self {
        let app = App::start().await;
        let people = [register(&app, "else@example.com").await, register(&app, "owner@example.com").await, {
            let admin = register(&app, "admin@example.com").await;
            let url = format!("/api/users/{}", admin.id);
            app.admin().patch(&url, &json!({"role": "admin"})).await.expect(200);
            // The access token carries the role, so the admin signs in only after promotion.
            log_in(&app, "admin@example.com").await
        }];
        Self { app, people, requests: AtomicUsize::new(0) }
    }

    /// Sends the case's request as one of the four callers.
    async fn attempt(&self, case: &Case, who: usize, status: u16) -> Result<(), String> {
        let target = self.target(case.resource).await;
        let person = match who {
            0 => None,
            OWNER => Some(&target.owner),
            _ => Some(&self.people[who - 1]),
        };
        let before = self.seen(&target).await;
        let answer = self.send(case, &target, person).await;
        if answer.status != status {
            return Err(format!("{} instead of {status}: {answer:?}", answer.status));
        }
        if status >= 400 && self.seen(&target).await != before {
            return Err(format!("refused, and done all the same: {answer:?}"));
        }
        match person {
            Some(person) if case.is_about_oneself && answer.text("/user/id") != person.id => {
                Err(format!("an answer about somebody else: {answer:?}"))
            }
            _ => Ok(()),
        }
    }

    async fn target(&self, resource: Resource) -> Target {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let mut owner = self.people[OWNER - 1].clone();
        let (mut url, mut refresh_token) = (None, String::new());
        match resource {
            Nothing => {}
            User => {
                owner = register(&self.app, &format!("owner-{number}@example.com")).await;
                url = Some(format!("/api/users/{}", owner.id));
            }
            Draft | Published => {
                let mut body = post(&format!("Title {number}"));
                body["published"] = json!(matches!(resource, Published));
                let created = self.app.user(&owner.id).post("/api/posts", &body).await.expect(201);
                url = Some(created.header("location").to_owned());
            }
            Problem => {
                let owner = self.app.user(&owner.id);
                let created =
                    owner.post("/api/problems", &problem(&format!("Title {number}"))).await.expect(201);
                url = Some(created.header("location").to_owned());
            }
            File => {
                let uploaded = self.app.user(&owner.id).upload("a.png", "image/png", PNG).await.expect(201);
                url = Some(uploaded.header("location").to_owned());
            }
            RefreshToken => refresh_token = log_in(&self.app, &owner.email).await.refresh_token,
        }
        Target { number, owner, url, refresh_token }
    }

    /// Reads the target as an admin.
    async fn seen(&self, target: &Target) -> Option<Value> {
        let url = target.url.as_ref()?;
        let mut seen = self.app.admin().get(url).await.expect(200).json();
        // Download URLs differ in each answer.
        seen.as_object_mut().unwrap().retain(|member, _| !member.starts_with("downloadUrl"));
        Some(seen)
    }

    async fn send(&self, case: &Case, target: &Target, person: Option<&Person>) -> Answer {
        let (method, path) = case.operation.split_once(' ').unwrap();
        let path = match &target.url {
            Some(url) if path.ends_with("/{id}") => url,
            // The body names the target, if there is one.
            _ => case.path.unwrap_or(path),
        };
        let mut call = self.app.anonymous().call(method.parse::<Method>().unwrap(), path);
        if let Some(body) = case.body {
            call = call.json(&body(target));
        }
        if let Some(form) = case.form {
            call = call.body(form(target).end()).header("content-type", &Form::content_type());
        }
        if method == "PATCH" {
            call = call.header("content-type", "application/merge-patch+json");
        }
        let Some(person) = person else { return call.await };
        match case.credential {
            Token => call = call.header("authorization", &format!("Bearer {}", person.token)),
            Cookie | StrangeCookie => call = call.header("cookie", &self.sign_in(person).await),
        }
        match case.credential {
            Token => {}
            Cookie => call = call.header("sec-fetch-site", "same-origin"),
            StrangeCookie => {
                call = call.header("sec-fetch-site", "cross-site").header("origin", "https://evil.example");
            }
        }
        call.await
    }

    /// Signs in and returns the new session's cookie.
    async fn sign_in(&self, person: &Person) -> String {
        let body = json!({"email": person.email, "password": PASSWORD});
        let answer = self.app.anonymous().post("/api/session", &body).await.expect(201);
        answer.header("set-cookie").split(';').next().unwrap().to_owned()
    }
}

async fn register(app: &App, email: &str) -> Person {
    let body = json!({"email": email, "password": PASSWORD});
    Person::of(&app.anonymous().post("/api/auth/register", &body).await.expect(201))
}

async fn log_in(app: &App, email: &str) -> Person {
    let body = json!({"email": email, "password": PASSWORD});
    Person::of(&app.anonymous().post("/api/auth/login", &body).await.expect(200))
}

impl Person {
    fn of(answer: &Answer) -> Self {
        Self {
            id: answer.text("/user/id"),
            email: answer.text("/user/email"),
            token: answer.text("/accessToken"),
            refresh_token: answer.text("/refreshToken"),
        }
    }
}
