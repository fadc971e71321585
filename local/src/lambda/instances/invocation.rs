//! An invocation: the event for an instance, and the outcome.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use uuid::Uuid;

/// Lambda's limit for an event and for an answer, in bytes.
pub const MAX_PAYLOAD_BYTES: usize = 6_291_556;

/// Lambda's limit for a streamed answer, in bytes.
pub const MAX_STREAM_BYTES: usize = 200 * 1024 * 1024;

/// An event for a function.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) payload: Bytes,
    pub(crate) request_id: String,
    pub(crate) trace_id: String,
    /// JSON that a caller of the Invoke API adds.
    pub(crate) client_context: Option<String>,
}

impl Event {
    /// Makes an event with a new request id.
    pub(crate) fn new(payload: Bytes, trace_id: String) -> Self {
        Self { payload, request_id: Uuid::new_v4().to_string(), trace_id, client_context: None }
    }

    /// Gives the event a request id that the caller already knows.
    pub(crate) fn with_id(self, request_id: String) -> Self {
        Self { request_id, ..self }
    }
}

/// The outcome of an event that was answered.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The answer, usually JSON.
    pub payload: Bytes,
    /// True if it was the instance's first event.
    pub cold: bool,
}

/// The reason why an event was not answered.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InvokeError {
    /// The function reported an error: `{"errorType", "errorMessage"}`.
    #[error("the function failed: {0}")]
    Function(Value),
    /// The function exceeded its timeout and was killed.
    #[error("Task timed out after {:.2} seconds", .0.as_secs_f64())]
    TimedOut(Duration),
    /// The process ended while it started or handled the event; the text is Lambda's.
    #[error("{0}")]
    Exited(String),
    /// No process started successfully: the error that the function reported, or the reason of the system.
    #[error("the function does not start: {}", reason(.0))]
    Init(Value),
    /// The function does not compile: the compiler's text.
    #[error("the function does not compile")]
    Build(Arc<str>),
    /// The event is longer than [`MAX_PAYLOAD_BYTES`].
    #[error("the event has {0} bytes, which exceeds Lambda's limit")]
    RequestTooLarge(usize),
    /// The answer is longer than [`MAX_PAYLOAD_BYTES`].
    #[error("the answer exceeds Lambda's limit")]
    ResponseTooLarge,
    /// All instances are busy.
    #[error("all instances are busy")]
    Throttled,
    /// The template has no such function.
    #[error("the template has no function {0}")]
    UnknownFunction(String),
    /// `local` is stopping.
    #[error("local is stopping")]
    Stopping,
}

impl InvokeError {
    /// Returns the error of a start, as text.
    pub(super) fn at_start(&self) -> String {
        match self {
            Self::Init(_) => self.to_string(),
            error => format!("the function does not start: {error}"),
        }
    }

    /// Returns the error in the format of Lambda's Invoke API.
    ///
    /// The texts are those of AWS: `LocalStack`'s snapshots of `test_lambda_errors` and `test_lambda_timeout_logs`.
    #[must_use]
    pub fn payload(&self, request_id: &str) -> Value {
        let of_request = |kind: &str| json!({ "errorType": kind, "errorMessage": format!("RequestId: {request_id} Error: {self}") });
        let error_type = match self {
            Self::Function(payload) | Self::Init(payload) => return payload.clone(),
            Self::Build(text) => {
                return json!({ "errorType": "Local.BuildError", "errorMessage": text.as_ref() });
            }
            Self::TimedOut(_) => return of_request("Sandbox.Timedout"),
            Self::Exited(_) => return of_request("Runtime.ExitError"),
            Self::ResponseTooLarge => {
                let message = format!(
                    "Response payload size exceeded maximum allowed payload size ({MAX_PAYLOAD_BYTES} bytes)."
                );
                return json!({ "errorType": "Function.ResponseSizeTooLarge", "errorMessage": message });
            }
            Self::RequestTooLarge(_) => "RequestTooLargeException",
            Self::Throttled => "TooManyRequestsException",
            Self::UnknownFunction(_) => "ResourceNotFoundException",
            Self::Stopping => "ServiceException",
        };
        json!({ "errorType": error_type, "errorMessage": self.to_string() })
    }
}

/// The next event, as an instance receives it.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) event: Event,
    /// The deadline in milliseconds since 1970.
    pub(crate) deadline: i64,
}

/// The complete response of an instance; empty if the response was streamed.
pub(crate) type Reply = Result<Bytes, InvokeError>;

/// Returns, as text, the reason that a runtime gives for an error.
fn reason(payload: &Value) -> String {
    match (payload["errorType"].as_str(), payload["errorMessage"].as_str()) {
        (Some(kind), Some(message)) => format!("{kind}: {message}"),
        _ => json!(payload).to_string(),
    }
}
