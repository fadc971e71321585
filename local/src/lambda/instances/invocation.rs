//! An invocation: the event for an instance, and the outcome.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

/// Lambda's limit for an event and for an answer, in bytes.
pub const MAX_PAYLOAD_BYTES: usize = 6_291_556;

/// Lambda's limit for a streamed answer, in bytes.
pub const MAX_STREAM_BYTES: usize = 200 * 1024 * 1024;

/// The outcome of an event that was answered.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The answer, usually JSON.
    pub payload: Bytes,
    /// True if it was the instance's first event.
    pub cold: bool,
    /// Lambda's id of the invocation.
    pub request_id: String,
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
    /// The process ended while it handled the event.
    #[error("the process ended: {0}")]
    Exited(String),
    /// No process started successfully.
    #[error("the function does not start: {0}")]
    Init(String),
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
    /// Returns the error in the format of Lambda's Invoke API.
    #[must_use]
    pub fn payload(&self) -> Value {
        let error_type = match self {
            Self::Function(payload) => return payload.clone(),
            Self::TimedOut(_) => "Sandbox.Timedout",
            Self::Exited(_) => "Runtime.ExitError",
            Self::Init(_) => "Runtime.InitError",
            Self::RequestTooLarge(_) => "RequestTooLargeException",
            Self::ResponseTooLarge => "Function.ResponseSizeTooLarge",
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
    pub(crate) payload: Bytes,
    pub(crate) request_id: String,
    pub(crate) trace_id: String,
    /// The deadline in milliseconds since 1970.
    pub(crate) deadline: i64,
}

/// The complete response of an instance; empty if the response was streamed.
pub(crate) type Reply = Result<Bytes, InvokeError>;

/// Returns, as text, the reason that a runtime gives for an error.
pub(crate) fn reason(payload: &Value) -> String {
    match (payload["errorType"].as_str(), payload["errorMessage"].as_str()) {
        (Some(kind), Some(message)) => format!("{kind}: {message}"),
        _ => json!(payload).to_string(),
    }
}
