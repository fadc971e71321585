use std::fmt;

use reqwest::header::HeaderMap;
use serde_json::Value;

/// What came back, and what was sent: both are shown when a test fails.
#[derive(Clone)]
pub struct Answer {
    sent: String,
    /// The status code.
    pub status: u16,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    pub(crate) async fn try_read(sent: String, response: reqwest::Response) -> Option<Self> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.ok()?.to_vec();
        Some(Self { sent, status, headers, body })
    }

    /// That the status is this.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// That it is an error with this status and code, in the one shape that errors have.
    #[track_caller]
    pub fn expect_error(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        let body = self.json();
        assert_eq!(body["code"], code, "{self:?}");
        assert!(body["error"].is_string() && body["timestamp"].is_string(), "{self:?}");
        assert_eq!(body["requestId"], self.header("x-request-id"), "{self:?}");
        body
    }

    /// The fields that an answer of 400 names, in order.
    #[track_caller]
    pub fn bad_fields(&self) -> Vec<String> {
        let body = self.expect_error(400, "validation_failed");
        let details = body["details"].as_array().unwrap_or_else(|| panic!("{self:?}"));
        let mut fields: Vec<String> =
            details.iter().map(|detail| detail["field"].as_str().unwrap().to_owned()).collect();
        fields.sort();
        fields
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A member of the body that is a string, by JSON pointer (RFC 6901).
    #[track_caller]
    pub fn text(&self, pointer: &str) -> String {
        let body = self.json();
        let member = body.pointer(pointer).and_then(Value::as_str);
        member.unwrap_or_else(|| panic!("no string at {pointer}: {self:?}")).to_owned()
    }

    /// A header field, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n> {}", self.sent.replace('\n', "\n> "))?;
        writeln!(f, "< {}", self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "< {name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        writeln!(f, "{}", String::from_utf8_lossy(&self.body[..self.body.len().min(2000)]))
    }
}
