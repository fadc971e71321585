//! Authorisation of every operation in openapi.json: every kind of caller tries it with every kind of credential.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::{Answer, App, Document, Operation, Sender, new_email, user};

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
    /// The query, if it is not the document's example.
    query: Option<&'static str>,
    /// The body, if it is not the document's example.
    body: Option<fn(&Target) -> Value>,
    /// A header field that replaces the document's example.
    header: Option<(&'static str, &'static str)>,
    /// True if the answer's `user` must be the caller.
    is_about_oneself: bool,
}

/// A resource of the owner's that the request is about. Each request gets a new one.
#[derive(Clone, Copy, Debug)]
enum Resource {
    /// The resources that the operation's path names, created from the document's examples.
    Path,
    /// A user, who is the owner.
    User,
    PublishedPost,
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
use Resource::{Path, PublishedPost, RefreshToken, User};

/// Lists a case for every operation. The four statuses are those of an anonymous client, somebody else, the owner and
/// an admin.
fn cases() -> Vec<Case> {
    let (everybody, changed) = ([200; 4], |_: &Target| json!({"name": "Changed"}));
    vec![
        case("GET /api/docs", Token, everybody),
        case("GET /api/docs/{file}", Token, everybody),
        case("GET /api/health", Token, everybody),
        case("GET /api/openapi.json", Token, everybody),
        case("GET /api/example", Token, everybody),
        case("GET /api/example", StrangeCookie, everybody),
        case("POST /api/example", Token, everybody),
        case("POST /api/example", StrangeCookie, everybody),
        case("GET /api/public", Token, everybody),
        case("GET /api/weather", Token, everybody),
        case("GET /api/weather", Token, [400; 4]).asking(""),
        // Users
        case("GET /api/users", Token, [401, 200, 200, 200]),
        case("GET /api/users", Cookie, [401; 4]),
        case("POST /api/users", Token, [401, 403, 403, 201]),
        case("GET /api/users/{id}", Token, [401, 200, 200, 200]).on(User),
        case("PUT /api/users/{id}", Token, [401, 403, 200, 200]).on(User).with(|to| user(&to.owner.email)),
        case("PATCH /api/users/{id}", Token, [401, 403, 200, 200]).on(User).with(changed),
        case("PATCH /api/users/{id}", Cookie, [401; 4]).on(User),
        case("PATCH /api/users/{id}", Token, [401, 403, 403, 200])
            .on(User)
            .with(|_| json!({"role": "admin"})),
        case("DELETE /api/users/{id}", Token, [401, 403, 204, 204]).on(User),
        case("DELETE /api/users/{id}", Cookie, [401; 4]).on(User),
        // Posts: the document's example is one that only its author and admins see.
        case("GET /api/posts", Token, everybody),
        case("GET /api/posts", Token, [401, 200, 200, 200]).asking("mine=true"),
        case("POST /api/posts", Token, [401, 201, 201, 201]),
        case("POST /api/posts", Cookie, [401; 4]),
        case("GET /api/posts/{id}", Token, [404, 404, 200, 200]),
        case("GET /api/posts/{id}", Token, everybody).on(PublishedPost),
        case("PUT /api/posts/{id}", Token, [401, 404, 200, 200]),
        case("PUT /api/posts/{id}", Token, [401, 403, 200, 200]).on(PublishedPost),
        case("PATCH /api/posts/{id}", Token, [401, 404, 200, 200]),
        case("PATCH /api/posts/{id}", Token, [401, 403, 200, 200]).on(PublishedPost),
        case("DELETE /api/posts/{id}", Token, [401, 404, 204, 204]),
        case("DELETE /api/posts/{id}", Token, [401, 403, 204, 204]).on(PublishedPost),
        // Problems
        case("GET /api/problems", Token, everybody),
        case("POST /api/problems", Token, [401, 201, 201, 201]),
        case("POST /api/problems", Cookie, [401; 4]),
        case("GET /api/problems/{id}", Token, everybody),
        case("PUT /api/problems/{id}", Token, [401, 403, 200, 200]),
        case("PATCH /api/problems/{id}", Token, [401, 403, 200, 200]),
        case("PATCH /api/problems/{id}", Cookie, [401; 4]),
        case("DELETE /api/problems/{id}", Token, [401, 403, 204, 204]),
        case("DELETE /api/problems/{id}", Cookie, [401; 4]),
        case("GET /api/search", Token, everybody),
        // Accounts and tokens: anybody with the password or the refresh token may.
        case("POST /api/auth/register", Token, [201; 4]),
        case("POST /api/auth/login", Token, everybody).on(User).with(|to| credentials(to, PASSWORD)),
        case("POST /api/auth/login", Token, [401; 4]).on(User).with(|to| credentials(to, "not the password")),
        case("POST /api/auth/refresh", Token, everybody).on(RefreshToken).with(refresh_token),
        case("POST /api/auth/refresh", Token, [401; 4]),
        case("POST /api/auth/logout", Token, [204; 4]).on(RefreshToken).with(refresh_token),
        case("POST /api/auth/logout", Token, [204; 4]),
        case("GET /api/protected", Token, [401, 200, 200, 200]).about_oneself(),
        case("GET /api/protected", Cookie, [401; 4]),
        // Files: those of others are 404. An admin uploads for any user.
        case("POST /api/upload", Token, [401, 403, 201, 201]),
        case("POST /api/upload", Cookie, [401; 4]),
        case("POST /api/upload/presign", Token, [401, 201, 201, 201]),
        case("POST /api/upload/presign", Cookie, [401; 4]),
        case("GET /api/upload/{id}", Token, [401, 404, 200, 200]),
        case("GET /api/upload/{id}", Cookie, [401; 4]),
        case("DELETE /api/upload/{id}", Token, [401, 404, 204, 204]),
        case("DELETE /api/upload/{id}", Cookie, [401; 4]),
        // Payments: callers list their own, and only Stripe can sign an event.
        case("GET /api/payments", Token, [401, 200, 200, 200]),
        case("GET /api/payments", Cookie, [401; 4]),
        case("POST /api/webhooks/stripe", Token, everybody),
        case("POST /api/webhooks/stripe", Token, [400; 4]).header("stripe-signature", "t=1,v1=00"),
        // Streams, at the function's own URL
        case("GET /api/stream", Token, everybody),
        case("GET /api/stream/posts", Token, everybody),
        // Sessions: callers see and end their own.
        case("POST /api/session", Token, [201; 4]).on(User).with(|to| credentials(to, PASSWORD)),
        case("POST /api/session", Token, [401; 4]).on(User).with(|to| credentials(to, "not the password")),
        case("POST /api/session", StrangeCookie, [201, 403, 403, 403])
            .on(User)
            .with(|to| credentials(to, PASSWORD)),
        case("GET /api/session", Cookie, [401, 200, 200, 200]).about_oneself(),
        case("GET /api/session", Token, [401; 4]),
        case("DELETE /api/session", Cookie, [204; 4]),
        case("DELETE /api/session", StrangeCookie, [204, 403, 403, 403]),
        case("GET /api/profile", Cookie, [401, 200, 200, 200]).about_oneself(),
        case("GET /api/profile", Token, [401; 4]),
        case("PUT /api/profile", Cookie, [401, 200, 200, 200]).with(changed).about_oneself(),
        case("PUT /api/profile", StrangeCookie, [401, 403, 403, 403]).with(changed),
        case("PUT /api/profile", Token, [401; 4]).with(changed),
    ]
}

fn credentials(to: &Target, password: &str) -> Value {
    json!({"email": to.owner.email, "password": password})
}

fn refresh_token(to: &Target) -> Value {
    json!({"refreshToken": to.refresh_token})
}

#[test]
fn every_operation_has_a_case_and_every_case_an_operation() {
    let operations = &Document::published().operations;
    let tried: BTreeSet<&str> = cases().into_iter().map(|case| case.operation).collect();
    let documented: BTreeSet<&str> = operations.iter().map(|operation| &*operation.name).collect();
    let mut gaps = Vec::new();
    for operation in operations.iter().filter(|operation| !tried.contains(&*operation.name)) {
        let (Operation { name, needs_credential, takes_session, .. }, done) =
            (operation, operation.success());
        let by = if *takes_session { "Cookie" } else { "Token" };
        let anonymous = if *needs_credential { 401 } else { done };
        gaps.push(format!(
            "tests/api/authorisation.rs: no case of {name}; add to `cases()`, with what {} get\n    \
             case(\"{name}\", {by}, [{anonymous}, {done}, {done}, {done}]),",
            WHO.join(", ")
        ));
    }
    for operation in tried.difference(&documented) {
        gaps.push(format!("tests/api/authorisation.rs: openapi.json has no {operation}; remove its cases"));
    }
    assert!(gaps.is_empty(), "\n\n{}\n", gaps.join("\n"));
}

#[test]
fn the_document_says_which_operations_take_nobody_without_a_credential() {
    for Operation { name, needs_credential, .. } in &Document::published().operations {
        let anonymous: BTreeSet<u16> =
            cases().iter().filter(|case| case.operation == name).map(|case| case.statuses[0]).collect();
        let is_refused = anonymous.iter().all(|status| *status == 401) && !anonymous.is_empty();
        // An open operation answers 401, too, if it refuses a password.
        assert!(!needs_credential || is_refused, "{name}: closed in the document, and {anonymous:?}");
        assert!(*needs_credential || !is_refused, "{name}: open in the document, and 401 to the anonymous");
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

/// Returns a case about the resources that the operation's path names, with the document's example.
fn case(operation: &'static str, credential: Credential, statuses: [u16; 4]) -> Case {
    Case {
        operation,
        resource: Path,
        credential,
        statuses,
        query: None,
        body: None,
        header: None,
        is_about_oneself: false,
    }
}

impl Case {
    fn on(mut self, resource: Resource) -> Self {
        self.resource = resource;
        self
    }

    fn asking(mut self, query: &'static str) -> Self {
        self.query = Some(query);
        self
    }

    fn with(mut self, body: fn(&Target) -> Value) -> Self {
        self.body = Some(body);
        self
    }

    fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.header = Some((name, value));
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
    owner: Person,
    /// The operation's path with the resources that it names.
    path: String,
    refresh_token: String,
}

struct World {
    app: App,
    /// The people in the order of [`WHO`], without the anonymous client.
    people: [Person; 3],
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
        Self { app, people }
    }

    /// Sends the case's request as one of the four callers.
    async fn attempt(&self, case: &Case, who: usize, status: u16) -> Result<(), String> {
        let operation = Document::published().operations.iter().find(|one| one.name == case.operation);
        let operation = operation.unwrap_or_else(|| panic!("openapi.json has no {}", case.operation));
        let target = self.target(operation, case.resource).await;
        let person = match who {
            0 => None,
            OWNER => Some(&target.owner),
            _ => Some(&self.people[who - 1]),
        };
        let before = self.seen(operation, &target).await;
        let answer = self.send(operation, case, &target, person).await;
        if answer.status != status {
            return Err(format!("{} instead of {status}: {answer:?}", answer.status));
        }
        if status >= 400 && self.seen(operation, &target).await != before {
            return Err(format!("refused, and done all the same: {answer:?}"));
        }
        match person {
            Some(person) if case.is_about_oneself && answer.text("/user/id") != person.id => {
                Err(format!("an answer about somebody else: {answer:?}"))
            }
            _ => Ok(()),
        }
    }

    async fn target(&self, operation: &Operation, resource: Resource) -> Target {
        let mut owner = self.people[OWNER - 1].clone();
        let mut refresh_token = String::new();
        let path = match resource {
            Path => self.app.path_of_made(operation, &self.app.user(&owner.id)).await,
            User => {
                owner = register(&self.app, &new_email()).await;
                operation.path().replace("{id}", &owner.id)
            }
            PublishedPost => {
                let author = self.app.user(&owner.id);
                let path = self.app.path_of_made(operation, &author).await;
                author.patch(&path, &json!({"published": true})).await.expect(200);
                path
            }
            RefreshToken => {
                refresh_token = log_in(&self.app, &owner.email).await.refresh_token;
                operation.path()
            }
        };
        Target { owner, path, refresh_token }
    }

    /// Reads the resource at a path with variables as an admin.
    async fn seen(&self, operation: &Operation, target: &Target) -> Option<Value> {
        let path = operation.path();
        if !path.contains('{') {
            return None;
        }
        Document::published().get(&format!("GET {path}"))?;
        let answer = self.app.admin().get(&target.path).await.expect(200);
        let mut seen: Value = serde_json::from_slice(&answer.body).ok()?;
        // Download URLs differ in each answer.
        seen.as_object_mut()?.retain(|member, _| !member.starts_with("downloadUrl"));
        Some(seen)
    }

    async fn send(
        &self,
        operation: &Operation,
        case: &Case,
        target: &Target,
        person: Option<&Person>,
    ) -> Answer {
        let sender = Sender::anonymous(&self.app, operation, &target.path, &target.owner.id);
        let sender = case.query.into_iter().fold(sender, Sender::asking);
        let mut call = match case.body {
            Some(body) => sender.send_as_json(&body(target)),
            None => sender.send(),
        };
        if let Some((name, value)) = case.header {
            call = call.header(name, value);
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
