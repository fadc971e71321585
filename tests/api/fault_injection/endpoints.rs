//! The requests that are sent while calls fail: every operation of openapi.json with the document's example. Operations
//! that need more than the example have a line here.

use futures_util::future::LocalBoxFuture;
use reqwest::Method;
use serde_json::{Value, json};
use shared::auth::{RefreshTokens, SESSION_COOKIE};
use shared::clock::Clock;
use shared::domain::MailKind;
use shared::random::Random;
use shared::store::{RefreshFamilies, Sessions};
use tests::{App, Browser, Call, Client, Document, Operation, PASSWORD, Sender, checkout_event, new_email};

/// Sends the same request each time.
pub(super) type Request<'a> = Box<dyn Fn() -> Call + 'a>;

/// Creates the resource of a request, a new one each time.
type Prepare = for<'a> fn(&'a App) -> LocalBoxFuture<'a, Request<'a>>;

/// The request of an operation, as far as it is not the document's example.
#[derive(Clone, Copy)]
pub(super) struct Case {
    /// Method and path as openapi.json has them.
    pub(super) name: &'static str,
    prepare: Option<Prepare>,
    query: Option<&'static str>,
    body: Option<fn() -> Value>,
    /// The status of a repetition, after the answer of the first success was lost.
    repeated: Option<u16>,
    /// The changes that the repetition adds.
    pub(super) repeated_effect: &'static [&'static str],
    /// True if the function waits for a slow attempt.
    pub(super) is_patient: bool,
}

const fn case(name: &'static str) -> Case {
    Case {
        name,
        prepare: None,
        query: None,
        body: None,
        repeated: None,
        repeated_effect: &[],
        is_patient: true,
    }
}

/// Operations for which the document's example is not enough.
const SPECIAL: &[Case] = &[
    // The client lost the tokens of the first answer, so it gets new ones.
    case("POST /api/auth/register").repeated_effect(&["+SESSION"]),
    case("POST /api/auth/login").repeated_effect(&["+SESSION"]).prepare(|app| {
        Box::pin(async move {
            let (client, body) = (app.anonymous(), credentials(&account(app).await));
            Box::new(move || client.post("/api/auth/login", &body)) as Request<'_>
        })
    }),
    // Within ten seconds a repetition returns the same successor.
    case("POST /api/auth/refresh")
        .prepare(|app| with_refresh_token(app, |client, token| client.post("/api/auth/refresh", token))),
    case("POST /api/auth/logout")
        .prepare(|app| with_refresh_token(app, |client, token| client.post("/api/auth/logout", token))),
    case("POST /api/session").repeated_effect(&["+SESSION"]).prepare(|app| {
        in_browser(app, |browser, email| browser.call(Method::POST, "/api/session").json(&credentials(email)))
    }),
    // Asking for the same address again sends another mail.
    case("PUT /api/profile").repeated_effect(&["+MAIL", "~USER version"]),
    case("PUT /api/users/{id}").repeated_effect(&["+MAIL", "~USER version"]),
    case("PATCH /api/users/{id}").repeated_effect(&["+MAIL", "~USER version"]),
    case("POST /api/auth/email-confirmation").repeated_effect(&["+MAIL"]),
    case("POST /api/auth/password-reset").repeated_effect(&["+MAIL"]),
    case("POST /api/auth/email-confirmation/confirm").prepare(|app| {
        with_link(app, MailKind::Confirmation, |client, token| {
            client.post("/api/auth/email-confirmation/confirm", &json!({"token": token}))
        })
    }),
    // The first request used the link up, and no other sets a password.
    case("POST /api/auth/password-reset/confirm").repeated(400).prepare(|app| {
        with_link(app, MailKind::PasswordReset, |client, token| {
            let body = json!({"token": token, "password": "another password"});
            client.post("/api/auth/password-reset/confirm", &body)
        })
    }),
    // The first request ended the session, too.
    case("DELETE /api/sessions").repeated(401),
    // The first request replaced the password, so the current password of the repetition is wrong.
    case("PUT /api/profile").repeated(400).prepare(|app| {
        let body = json!({"currentPassword": PASSWORD, "newPassword": "another password"});
        in_browser(app, move |browser, _| browser.put("/api/profile", &body))
    }),
    // The document's example keeps the name, so it would change no postings.
    case("PUT /api/problems/{id}").body(|| json!({"name": "Three Sums", "difficulty": "easy"})),
    case("PATCH /api/problems/{id}").body(|| json!({"difficulty": "hard"})),
    // Stripe is not kept waiting for as long as an attempt takes: it may be told 503.
    case("POST /api/webhooks/stripe").impatient().prepare(|app| {
        let (stripe, event) = (app.stripe(), checkout_event("checkout.session.completed", &json!({})));
        Box::pin(async move { Box::new(move || stripe.deliver(&event)) as Request<'_> })
    }),
    case("GET /api/health").asking("deep=true"),
    // After an upload, upload-completed makes calls, too.
    case("GET /api/upload/{id}").prepare(|app| {
        Box::pin(async move {
            let owner = app.caller();
            let presigned = owner.presign("a.png", "image/png", 100).await.expect(201);
            let path = presigned.header("location").to_owned();
            Box::new(move || owner.get(&path)) as Request<'_>
        })
    }),
];

/// Operations that are left out, with the reasons.
const LEFT_OUT: &[(&str, &str)] = &[
    ("POST /api/example", "it writes nothing"),
    ("POST /api/upload", "`uploads` has its faults: the content comes with it"),
    ("DELETE /api/upload/{id}", "`uploads` has its faults: it removes an object, too"),
    ("GET /api/weather", "it answers without the table, too"),
    ("GET /api/stream/posts", "an error is the last line of its answer"),
];

/// Lists the cases of all operations that write, or of all that read.
pub(super) fn cases(are_writes: bool) -> Vec<(&'static Operation, Case)> {
    let operations = &Document::published().operations;
    for name in SPECIAL.iter().map(|case| case.name).chain(LEFT_OUT.iter().map(|(name, _)| *name)) {
        assert!(
            operations.iter().any(|operation| operation.name == name),
            "tests/api/fault_injection/endpoints.rs: openapi.json has no {name}; remove its lines"
        );
    }
    let mut cases = Vec::new();
    for operation in operations.iter().filter(|operation| (operation.method != Method::GET) == are_writes) {
        if LEFT_OUT.iter().any(|(name, _)| *name == operation.name) {
            continue;
        }
        let special: Vec<Case> = SPECIAL.iter().filter(|case| case.name == operation.name).copied().collect();
        let usual = [case(&operation.name)];
        let own: &[Case] = if special.is_empty() { &usual } else { &special };
        cases.extend(own.iter().map(|case| (operation, *case)));
    }
    cases
}

impl Case {
    /// Makes what the request is about, new each time.
    pub(super) async fn prepare_request<'a>(
        &self,
        app: &'a App,
        operation: &'static Operation,
    ) -> Request<'a> {
        if let Some(prepare) = self.prepare {
            return prepare(app).await;
        }
        let sender = Sender::new(app, operation).await;
        let sender = self.query.into_iter().fold(sender, Sender::asking);
        match self.body {
            Some(body) => Box::new(move || sender.send_as_json(&body())),
            None => Box::new(sender.into_repeated()),
        }
    }

    /// The status of a repetition, after the answer of the first success was lost.
    pub(super) fn repeated_status(&self, operation: &Operation) -> u16 {
        let is_gone = operation.method == Method::DELETE && operation.path().contains('{');
        self.repeated.unwrap_or_else(|| if is_gone { 404 } else { operation.success() })
    }

    const fn prepare(self, prepare: Prepare) -> Self {
        Self { prepare: Some(prepare), ..self }
    }

    const fn asking(self, query: &'static str) -> Self {
        Self { query: Some(query), ..self }
    }

    const fn body(self, body: fn() -> Value) -> Self {
        Self { body: Some(body), ..self }
    }

    const fn repeated(self, status: u16) -> Self {
        Self { repeated: Some(status), ..self }
    }

    const fn repeated_effect(self, repeated_effect: &'static [&'static str]) -> Self {
        Self { repeated_effect, ..self }
    }

    const fn impatient(self) -> Self {
        Self { is_patient: false, ..self }
    }
}

/// Returns a request whose body carries a refresh token.
fn with_refresh_token(
    app: &App,
    request: impl Fn(&Client, &Value) -> Call + 'static,
) -> LocalBoxFuture<'_, Request<'_>> {
    Box::pin(async move {
        let user = app.account(&new_email()).await;
        let families = RefreshFamilies::new(app.table(), Clock::system(), Random::system());
        let tokens = RefreshTokens::new(&[app.secret("REFRESH_TOKEN_SECRET")], families);
        let body = json!({"refreshToken": tokens.begin(&user, None).await.unwrap().1});
        let client = app.anonymous();
        Box::new(move || request(&client, &body)) as Request<'_>
    })
}

/// Returns a request whose body carries the token of a link.
fn with_link(
    app: &App,
    kind: MailKind,
    request: impl Fn(&Client, &str) -> Call + 'static,
) -> LocalBoxFuture<'_, Request<'_>> {
    Box::pin(async move {
        let user = app.account(&new_email()).await;
        let token = app.link_for(kind, &user, Clock::system()).await;
        let client = app.anonymous();
        Box::new(move || request(&client, &token)) as Request<'_>
    })
}

/// Returns a request from a browser in which the user with this address is signed in.
fn in_browser(
    app: &App,
    request: impl Fn(&Browser, &str) -> Call + 'static,
) -> LocalBoxFuture<'_, Request<'_>> {
    Box::pin(async move {
        let email = new_email();
        let user = app.confirmed_account(&email).await;
        let sessions = Sessions::new(app.table(), Clock::system(), Random::system());
        let session = sessions.begin(user.id, user.auth_epoch, None).await.unwrap();
        let browser = app.browser().with_cookie(&format!("{SESSION_COOKIE}={}", session.token.reveal()));
        Box::new(move || request(&browser, &email)) as Request<'_>
    })
}

/// Creates a user who signs in with [`credentials`], and returns the address.
async fn account(app: &App) -> String {
    let email = new_email();
    app.account(&email).await;
    email
}

fn credentials(email: &str) -> Value {
    json!({"email": email, "password": PASSWORD})
}
