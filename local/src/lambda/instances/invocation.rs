//! An invocation: what an instance gets, and how it ends.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

/// Lambda's limit for an event and for an answer, in bytes.
pub const MAX_PAYLOAD_BYTES: usize = 6_291_556;

/// Lambda's limit for a streamed answer, in bytes.
pub const MAX_STREAM_BYTES: usize = 200 * 1024 * 1024;

/// An event that was answered.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The answer, JSON as a rule.
    pub payload: Bytes,
    /// Whether it was the instance's first event.
    pub cold: bool,
    /// Lambda's id of the invocation.
    pub request_id: String,
}

/// An event that was not answered.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InvokeError {
    /// The function reported an error: `{"errorType", "errorMessage"}`.
    #[error("the function failed: {0}")]
    Function(Value),
    /// The function ran into its timeout and was killed.
    #[error("Task timed out after {:.2} seconds", .0.as_secs_f64())]
    TimedOut(Duration),
    /// The process ended while it had the event.
    #[error("the process ended: {0}")]
    Exited(String),
    /// No process got as far as asking for an event.
    #[error("the function does not start: {0}")]
    Init(String),
    /// The event is longer than [`MAX_PAYLOAD_BYTES`].
    #[error("the event has {0} bytes, more than Lambda takes")]
    RequestTooLarge(usize),
    /// The answer is longer than [`MAX_PAYLOAD_BYTES`].
    #[error("the answer is longer than Lambda passes on")]
    ResponseTooLarge,
    /// All instances are busy.
    #[error("all instances are busy")]
    Throttled,
    /// The template has no such function.
    #[error("the template has no function {0}")]
    UnknownFunction(String),
    /// `local` is being stopped.
    #[error("local is being stopped")]
    Stopping,
}

impl InvokeError {
    /// The error as Lambda's Invoke API puts it.
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

/// The next event, as an instance that asks for one receives it.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) payload: Bytes,
    pub(crate) request_id: String,
    pub(crate) trace_id: String,
    /// Milliseconds since 1970.
    pub(crate) deadline: i64,
}

/// An instance's whole response; empty if the response went piece by piece.
pub(crate) type Reply = Result<Bytes, InvokeError>;

/// The reason that a runtime gives for an error, as text.
pub(crate) fn reason(payload: &Value) -> String {
    match (payload["errorType"].as_str(), payload["errorMessage"].as_str()) {
        (Some(kind), Some(message)) => format!("{kind}: {message}"),
        _ => json!(payload).to_string(),
    }
}
