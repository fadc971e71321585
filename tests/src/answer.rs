use std::fmt;

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::Document;
use crate::conformance::{Exchange, deviations, expect_documented};

/// A request that was sent.
#[derive(Clone)]
pub(crate) struct Sent {
    /// The request as a failed test shows it.
    pub(crate) shown: String,
    /// True if the request went to the API and not to S3. openapi.json promises its answer.
    pub(crate) is_to_the_api: bool,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
}

/// An answer whose body is on its way. The head, and the body once it is complete, are compared with openapi.json.
pub struct Arriving {
    response: reqwest::Response,
    answer: Answer,
}

impl Arriving {
    pub(crate) fn new(sent: Sent, response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let answer = Answer { sent, status, headers, body: Vec::new() };
        answer.expect_documented(None);
        Self { response, answer }
    }

    /// Returns the status code.
    pub fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// Returns the header fields.
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// Returns the next piece of the body, or `None` after the last one.
    pub async fn chunk(&mut self) -> reqwest::Result<Option<Bytes>> {
        let chunk = self.response.chunk().await?;
        match &chunk {
            Some(chunk) => self.answer.body.extend_from_slice(chunk),
            None => self.answer.expect_documented(Some(&self.answer.body)),
        }
        Ok(chunk)
    }

    /// Returns the whole answer, or `None` if the connection broke first.
    pub(crate) async fn whole(mut self) -> Option<Answer> {
        while self.chunk().await.ok()?.is_some() {}
        Some(self.answer)
    }
}

/// An answer and its request. A failed test shows both.
#[derive(Clone)]
pub struct Answer {
    sent: Sent,
    /// The status code.
    pub status: u16,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Returns each way in which the answer deviates from the document.
    pub fn deviations(&self, document: &Document) -> Vec<String> {
        deviations(document, &self.exchange(Some(&self.body)))
    }

    /// Checks that openapi.json promises this answer, including the body if it is complete.
    #[track_caller]
    fn expect_documented(&self, body: Option<&[u8]>) {
        if self.sent.is_to_the_api {
            expect_documented(&self.exchange(body), self);
        }
    }

    fn exchange<'a>(&'a self, body: Option<&'a [u8]>) -> Exchange<'a> {
        let Sent { method, path, headers: sent, .. } = &self.sent;
        Exchange { method, path, sent, status: self.status, headers: &self.headers, body }
    }

    /// Checks the status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// Checks that the answer is an error with this status and code, in the shape that all errors have.
    #[track_caller]
    pub fn expect_error(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        let body = self.json();
        assert_eq!(body["code"], code, "{self:?}");
        assert!(body["error"].is_string() && body["timestamp"].is_string(), "{self:?}");
        assert_eq!(body["requestId"], self.header("x-request-id"), "{self:?}");
        body
    }

    /// Returns the fields that an answer with status 400 names, in order.
    #[track_caller]
    pub fn bad_fields(&self) -> Vec<String> {
        let body = self.expect_error(400, "validation_failed");
        let details = body["details"].as_array().unwrap_or_else(|| panic!("{self:?}"));
        let mut fields: Vec<String> =
            details.iter().map(|detail| detail["field"].as_str().unwrap().to_owned()).collect();
        fields.sort();
        fields
    }

    /// Returns the body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Returns the string at a JSON pointer (RFC 6901) in the body.
    #[track_caller]
    pub fn text(&self, pointer: &str) -> String {
        let body = self.json();
        let member = body.pointer(pointer).and_then(Value::as_str);
        member.unwrap_or_else(|| panic!("no string at {pointer}: {self:?}")).to_owned()
    }

    /// Returns a header field, or an empty string if the answer lacks it.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n> {}", self.sent.shown.replace('\n', "\n> "))?;
        writeln!(f, "< {}", self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "< {name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        writeln!(f, "{}", String::from_utf8_lossy(&self.body[..self.body.len().min(2000)]))
    }
}
