use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use form_urlencoded::Serializer;
use reqwest::Method;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::{Role, SessionId};
use shared::random::Random;
use shared::store::Sessions;

use crate::{App, Body, Browser, Call, Client, Document, Form, Operation, PNG, Parameter};

/// Sends the requests of one operation with the document's examples, as a caller with permission.
pub struct Sender<'a> {
    app: &'a App,
    operation: &'a Operation,
    client: Client,
    /// Sends instead of the client, if the operation takes a session.
    browser: Option<Browser>,
    /// The `userId` in bodies.
    user_id: String,
    /// The query, if it is not that of the parameters.
    query: Option<String>,
    /// The ids of existing resources, by the path's variables.
    variables: BTreeMap<String, String>,
}

impl App {
    /// Creates the resources that the operation's path names, and returns the path to the last of them.
    ///
    /// A `POST` to the collection above a variable creates its resource: as `owner` or, if that is forbidden, as an
    /// admin.
    pub async fn path_of_made(&self, operation: &Operation, owner: &Client) -> String {
        let (mut template, mut made) = (String::new(), String::new());
        for segment in operation.path().split('/').skip(1) {
            if let Some(variable) = segment.strip_prefix('{') {
                let collection = Document::published().get(&format!("POST {template}"));
                made = match collection {
                    Some(collection) => self.make(collection, &made, owner).await,
                    None if template == "/api/sessions" => {
                        format!("{made}/{}", self.begin_session(owner).await)
                    }
                    None => format!("{made}/{}", operation.shown_in_path(variable.trim_end_matches('}'))),
                };
            } else {
                made = format!("{made}/{segment}");
            }
            template = format!("{template}/{segment}");
        }
        made
    }

    /// Begins a session of the user, and returns its public id.
    async fn begin_session(&self, user: &Client) -> SessionId {
        let sessions = Sessions::new(self.table(), Clock::system(), Random::system());
        sessions.begin(user.id().parse().unwrap(), 0, None).await.unwrap().id()
    }

    /// Creates a resource in the collection at `path`, and returns its path.
    async fn make(&self, collection: &Operation, path: &str, owner: &Client) -> String {
        let make = |client: &Client| Sender::at(self, collection, path, client.clone(), client.id()).send();
        let answer = make(owner).await;
        let answer = if answer.status == 403 { make(&self.admin()).await } else { answer };
        answer.expect(201).header("location").to_owned()
    }
}

impl<'a> Sender<'a> {
    /// Creates an account, an admin's or one with a session, and the resources in the path. Those of an admin's request
    /// have another owner.
    pub async fn new(app: &'a App, operation: &'a Operation) -> Self {
        let email = new_email();
        let role = if operation.takes_token { Role::Admin } else { Role::User };
        let account = app.account_of(&email, role).await;
        let client = if operation.takes_token { app.admin_with_id(account.id) } else { app.anonymous() };
        let path = app.path_of_made(operation, &Self::owner(app, operation, &account.id.to_string())).await;
        let mut sender = Self::at(app, operation, &path, client, &account.id.to_string());
        if operation.takes_session {
            sender.browser = Some(app.signed_in_browser(&email).await);
        }
        sender
    }

    /// Returns the owner of the resources in the path: the user with this id, if the operation is about one's own.
    fn owner(app: &App, operation: &Operation, user_id: &str) -> Client {
        if operation.takes_session { app.user(user_id) } else { app.admin() }
    }

    /// Sends without a credential, to this path and with this `userId` in bodies.
    pub fn anonymous(app: &'a App, operation: &'a Operation, path: &str, user_id: &str) -> Self {
        Self::at(app, operation, path, app.anonymous(), user_id)
    }

    fn at(app: &'a App, operation: &'a Operation, path: &str, client: Client, user_id: &str) -> Self {
        let template = operation.path();
        let variables = template.split('/').zip(path.split('/')).filter_map(|(name, value)| {
            Some((name.strip_prefix('{')?.strip_suffix('}')?.to_owned(), value.to_owned()))
        });
        let variables = variables.collect();
        Self { app, operation, client, browser: None, user_id: user_id.to_owned(), query: None, variables }
    }

    /// Sends this query instead of the examples.
    pub fn asking(self, query: &str) -> Self {
        Self { query: Some(query.to_owned()), ..self }
    }

    /// Returns the document's example, with new values for members that must be unique and for those that only this API
    /// can issue.
    pub fn example(&self, body: &Body) -> Value {
        let mut example = body.example().clone();
        assert!(
            Document::published().takes_body(body, &example),
            "{}: the schema refuses its example {example}",
            self.operation.name
        );
        let Some(members) = example.as_object_mut() else { return example };
        for (name, value) in members.iter_mut() {
            match &**name {
                "email" => *value = json!(new_email()),
                "title" => *value = json!(format!("Title-{}", new())),
                "userId" => *value = json!(self.user_id),
                _ => {}
            }
        }
        // The two passwords belong together, and the current one is right only once.
        members.retain(|name, _| !["currentPassword", "newPassword"].contains(&&**name));
        example
    }

    /// Returns the example of a parameter as text, if the document shows one.
    pub fn parameter_example(&self, parameter: &Parameter) -> Option<String> {
        match (self.variables.get(&parameter.name), parameter.example()) {
            (Some(value), _) if parameter.location == "path" => Some(value.clone()),
            (_, Some(Value::String(text))) => Some(text.clone()),
            (_, other) => other.map(Value::to_string),
        }
    }

    /// Sends the document's example.
    pub fn send(&self) -> Call {
        match self.operation.bodies.first() {
            Some(body) => self.send_body(body, &self.example(body)),
            None => self.call(None, None),
        }
    }

    /// Sends the document's example, the same each time, with one `Idempotency-Key` if the operation takes one.
    pub fn into_repeated(self) -> impl Fn() -> Call + 'a {
        let example = self.operation.bodies.first().map(|body| (body, self.example(body)));
        let takes_key = self.operation.parameters.iter().any(|parameter| parameter.name == "Idempotency-Key");
        let key = takes_key.then(|| format!("key-{}", new()));
        move || {
            let call = self.call(None, example.as_ref().map(|(body, example)| (*body, example)));
            key.iter().fold(call, |call, key| call.header("idempotency-key", key))
        }
    }

    /// Sends this JSON instead of the document's example.
    ///
    /// # Panics
    ///
    /// If the operation takes no JSON.
    pub fn send_as_json(&self, value: &Value) -> Call {
        let body = self.operation.bodies.iter().find(|body| body.media_type.ends_with("json"));
        self.send_body(body.expect("the operation takes JSON"), value)
    }

    /// Sends a body with all required parameters.
    pub fn send_body(&self, body: &Body, value: &Value) -> Call {
        self.call(None, Some((body, value)))
    }

    /// Sends a parameter, or leaves it out, with all other required ones and the body's example.
    pub fn send_parameter(&self, parameter: &Parameter, text: Option<&str>) -> Call {
        let body = self.operation.bodies.first().map(|body| (body, self.example(body)));
        self.call(Some((parameter, text)), body.as_ref().map(|(body, example)| (*body, example)))
    }

    fn call(&self, varied: Option<(&Parameter, Option<&str>)>, body: Option<(&Body, &Value)>) -> Call {
        let content = body.map(|(body, value)| content(body, value));
        let mut path = self.operation.path();
        let (mut query, mut headers) = (Serializer::new(String::new()), Vec::new());
        for parameter in &self.operation.parameters {
            let text = match varied {
                Some((varied, text)) if varied.name == parameter.name => text.map(str::to_owned),
                _ if parameter.name == "Stripe-Signature" => {
                    content.as_ref().map(|(bytes, _)| self.app.stripe().sign(bytes))
                }
                _ if parameter.is_required => self.parameter_example(parameter),
                _ => None,
            };
            let Some(text) = text else { continue };
            match &*parameter.location {
                "path" => {
                    let segment: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
                    path = path.replace(&format!("{{{}}}", parameter.name), &segment.replace('+', "%20"));
                }
                "query" => drop(query.append_pair(&parameter.name, &text)),
                _ => headers.push((parameter.name.clone(), text)),
            }
        }
        let query = self.query.clone().unwrap_or_else(|| query.finish());
        let url = if query.is_empty() { path } else { format!("{path}?{query}") };
        let method = self.operation.method.clone();
        let call = match &self.browser {
            Some(browser) => browser.call(method, &url),
            None => self.client.call(method, &url),
        };
        let call = headers.iter().fold(call, |call, (name, value)| call.header(name, value));
        match content {
            Some((bytes, media_type)) => call.body(bytes).header("content-type", &media_type),
            None => call,
        }
    }

    /// Creates the resources in the path again if the operation may have removed them.
    pub async fn renew(&mut self) {
        if self.operation.method == Method::DELETE {
            let owner = Self::owner(self.app, self.operation, &self.user_id);
            let path = self.app.path_of_made(self.operation, &owner).await;
            self.variables = Self::at(self.app, self.operation, &path, self.client.clone(), "").variables;
        }
    }
}

/// Encodes a body, and names its media type.
fn content(body: &Body, value: &Value) -> (Vec<u8>, String) {
    match &*body.media_type {
        "multipart/form-data" => (form(body, value).end(), Form::content_type()),
        "application/x-www-form-urlencoded" => (urlencoded(value).into_bytes(), body.media_type.clone()),
        "*/*" => (value.to_string().into_bytes(), "application/json".to_owned()),
        other => (value.to_string().into_bytes(), other.to_owned()),
    }
}

fn form(body: &Body, value: &Value) -> Form {
    let parts = value.as_object().unwrap();
    parts.iter().fold(Form::default(), |form, (name, value)| {
        let is_file = body.definition["properties"][name]["format"] == "binary";
        if is_file { form.file("a.png", "image/png", PNG) } else { form.text(name, value.as_str().unwrap()) }
    })
}

fn urlencoded(value: &Value) -> String {
    let mut form = Serializer::new(String::new());
    for (name, value) in value.as_object().unwrap() {
        form.append_pair(name, value.as_str().unwrap_or_default());
    }
    form.finish()
}

/// Returns an address that no user has.
pub fn new_email() -> String {
    format!("ada-{}@example.com", new())
}

/// Returns another number each time.
pub(crate) fn new() -> usize {
    static USED: AtomicUsize = AtomicUsize::new(1);
    USED.fetch_add(1, Ordering::Relaxed)
}
