use form_urlencoded::Serializer;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    Answer, App, Body, Browser, Call, Client, Document, Form, Operation, PNG, Parameter, post, problem, user,
};

/// Sends the requests of one operation, as a caller with permission.
pub(super) struct Sender<'a> {
    app: &'a App,
    operation: &'a Operation,
    client: Client,
    browser: Browser,
    /// The URL of the resource that the path names, if it names one.
    resource: String,
}

impl<'a> Sender<'a> {
    pub(super) async fn new(app: &'a App, operation: &'a Operation) -> Self {
        let email = format!("{}@example.com", app.caller().id());
        let account = app.account(&email).await;
        let client = if operation.takes_token { app.admin_with_id(account.id) } else { app.anonymous() };
        let browser =
            if operation.takes_session { app.signed_in_browser(&email).await } else { app.browser() };
        let mut sender = Self { app, operation, client, browser, resource: String::new() };
        sender.resource = sender.make_resource().await;
        sender
    }

    /// Returns the document's example, with those values replaced that only this API can issue.
    pub(super) fn example(&self, body: &Body) -> Value {
        let mut example = body.example().clone();
        assert!(
            Document::published().takes_body(body, &example),
            "{}: the schema refuses its example {example}",
            self.operation.name
        );
        match &*self.operation.name {
            "POST /api/upload" => example["userId"] = json!(self.client.id()),
            // The two passwords belong together, and the current one is right only once.
            "PUT /api/profile" => {
                example.as_object_mut().unwrap().retain(|name, _| !name.ends_with("Password"));
            }
            _ => {}
        }
        example
    }

    /// Returns the example of a parameter as text, if the document shows one.
    pub(super) fn parameter_example(&self, parameter: &Parameter) -> Option<String> {
        self.id(parameter).or_else(|| match parameter.example() {
            Some(Value::String(text)) => Some(text.clone()),
            other => other.map(Value::to_string),
        })
    }

    /// The value that the resource's URL has in place of a parameter of the path.
    fn id(&self, parameter: &Parameter) -> Option<String> {
        let (path, variable) = (self.operation.path(), format!("{{{}}}", parameter.name));
        let mut segments = path.split('/').zip(self.resource.split('/'));
        segments.find(|(segment, _)| *segment == variable).map(|(_, id)| id.to_owned())
    }

    /// Sends a body with all required parameters.
    pub(super) async fn send_body(&self, body: &Body, value: &Value) -> Answer {
        let call = self.call(None);
        let (bytes, media_type) = match &*body.media_type {
            "multipart/form-data" => (form(body, value).end(), Form::content_type()),
            "application/x-www-form-urlencoded" => (urlencoded(value).into_bytes(), body.media_type.clone()),
            "*/*" => (value.to_string().into_bytes(), "application/json".to_owned()),
            other => (value.to_string().into_bytes(), other.to_owned()),
        };
        let mut call = call.header("content-type", &media_type);
        if self.operation.parameters.iter().any(|parameter| parameter.name == "Stripe-Signature") {
            call = call.header("stripe-signature", &self.app.stripe().sign(&bytes));
        }
        call.body(bytes).await
    }

    /// Sends a parameter, or leaves it out, with all other required ones and the body's example.
    pub(super) async fn send_parameter(&self, parameter: &Parameter, text: Option<&str>) -> Answer {
        let call = self.call(Some((parameter, text)));
        let Some(body) = self.operation.bodies.first() else { return call.await };
        let example = self.example(body);
        match &*body.media_type {
            "multipart/form-data" => {
                call.body(form(body, &example).end()).header("content-type", &Form::content_type()).await
            }
            media_type => call.json(&example).header("content-type", media_type).await,
        }
    }

    fn call(&self, varied: Option<(&Parameter, Option<&str>)>) -> Call {
        let mut path = self.operation.path();
        let (mut query, mut headers) = (Serializer::new(String::new()), Vec::new());
        for parameter in &self.operation.parameters {
            let text = match varied {
                Some((varied, text)) if varied.name == parameter.name => text.map(str::to_owned),
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
        let query = query.finish();
        let url = if query.is_empty() { path } else { format!("{path}?{query}") };
        let method = self.operation.method.clone();
        let call = if self.operation.takes_session {
            self.browser.call(method, &url)
        } else {
            self.client.call(method, &url)
        };
        headers.iter().fold(call, |call, (name, value)| call.header(name, value))
    }

    /// Creates the operation's resource again if the operation may have removed it.
    pub(super) async fn renew(&mut self) {
        if self.operation.method == Method::DELETE {
            self.resource = self.make_resource().await;
        }
    }

    /// Makes the resource that the path names, and returns its URL.
    async fn make_resource(&self) -> String {
        let unique = self.app.caller().id().to_owned();
        let owner = &self.client;
        let made = match self.operation.name.split_once(' ').unwrap().1 {
            "/api/users/{id}" => owner.post("/api/users", &user(&format!("{unique}@example.com"))).await,
            "/api/posts/{id}" => self.app.admin().post("/api/posts", &post(&unique)).await,
            "/api/problems/{id}" => self.app.admin().post("/api/problems", &problem(&unique)).await,
            "/api/upload/{id}" => owner.upload("a.png", "image/png", PNG).await,
            path if self.operation.parameters.iter().any(is_entity_id) => {
                panic!("{path}: say here how one is made")
            }
            _ => return String::new(),
        };
        made.expect(201).header("location").to_owned()
    }
}

fn is_entity_id(parameter: &Parameter) -> bool {
    parameter.location == "path" && parameter.definition["format"] == "uuid"
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
