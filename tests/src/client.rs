use std::fmt::Write;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use reqwest::header::HeaderName;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::answer::Sent;
use crate::{Answer, Arriving};

/// A client of the API.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
    id: Option<String>,
}

impl Client {
    pub(crate) fn new(http: reqwest::Client, base: &str, token: Option<String>, id: Option<String>) -> Self {
        Self { http, base: base.to_owned(), token, id }
    }

    /// Returns the id of the user whose token this is.
    pub fn id(&self) -> &str {
        self.id.as_deref().expect("an anonymous client has no id")
    }

    /// Returns the access token that every request of this client carries.
    pub fn token(&self) -> &str {
        self.token.as_deref().expect("an anonymous client has no token")
    }

    /// Prepares a GET.
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    /// Prepares a POST of JSON.
    pub fn post(&self, path: &str, body: &Value) -> Call {
        self.call(Method::POST, path).json(body)
    }

    /// Prepares a PUT of JSON.
    pub fn put(&self, path: &str, body: &Value) -> Call {
        self.call(Method::PUT, path).json(body)
    }

    /// Prepares a PATCH with a JSON merge patch.
    pub fn patch(&self, path: &str, body: &Value) -> Call {
        self.call(Method::PATCH, path).json(body).header("content-type", "application/merge-patch+json")
    }

    /// Prepares a DELETE.
    pub fn delete(&self, path: &str) -> Call {
        self.call(Method::DELETE, path)
    }

    /// Prepares any request.
    pub fn call(&self, method: Method, path: &str) -> Call {
        let sent = format!("{method} {path}");
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        Call { request, sent, is_to_the_api: !self.base.is_empty() }
    }
}

/// A request that is sent when it is awaited. Its answer is compared with openapi.json.
pub struct Call {
    request: RequestBuilder,
    sent: String,
    is_to_the_api: bool,
}

impl Call {
    /// Sets this header, replacing an earlier value.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let _ = write!(self.sent, "\n{name}: {value}");
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert(HeaderName::try_from(name).unwrap(), value.parse().unwrap());
        self.request = self.request.headers(headers);
        self
    }

    /// Sets the body to this JSON.
    pub fn json(self, body: &Value) -> Self {
        self.body(body.to_string()).header("content-type", "application/json")
    }

    /// Sets the body to these bytes.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let shown = String::from_utf8_lossy(&body[..body.len().min(500)]).into_owned();
        let _ = write!(self.sent, "\n{shown}");
        self.request = self.request.body(body);
        self
    }
}

impl Call {
    /// Sends the request and returns the answer as it arrives, piece by piece.
    pub async fn open(self) -> Arriving {
        let shown = self.sent.clone();
        self.send().await.unwrap_or_else(|error| panic!("{error}: no answer to\n{shown}"))
    }

    /// Sends the request and returns the answer, or `None` if the connection broke first.
    pub async fn try_send(self) -> Option<Answer> {
        self.send().await.ok()?.whole().await
    }

    async fn send(self) -> reqwest::Result<Arriving> {
        let (http, request) = self.request.build_split();
        let request = request?;
        let sent = Sent {
            shown: self.sent,
            is_to_the_api: self.is_to_the_api,
            method: request.method().clone(),
            path: request.url().path().to_owned(),
            headers: request.headers().clone(),
        };
        Ok(Arriving::new(sent, http.execute(request).await?))
    }
}

impl IntoFuture for Call {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let shown = self.sent.clone();
            self.try_send().await.unwrap_or_else(|| panic!("no answer to\n{shown}"))
        })
    }
}
