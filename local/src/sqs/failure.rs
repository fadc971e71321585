//! Errors in SQS's words.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html>

use http::StatusCode;

/// The reason why a call fails.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// The name of the error in the JSON protocol.
    pub(super) code: &'static str,
    /// The name of the error in the older query protocol, by which clients of either know it.
    pub(super) query: &'static str,
    pub(super) status: StatusCode,
    pub(crate) message: String,
}

impl Failure {
    pub(super) fn new(code: &'static str, query: &'static str, message: impl Into<String>) -> Self {
        Self { code, query, status: StatusCode::BAD_REQUEST, message: message.into() }
    }

    pub(super) fn denied(message: impl Into<String>) -> Self {
        let failure = Self::new("AccessDeniedException", "AccessDenied", message);
        Self { status: StatusCode::FORBIDDEN, ..failure }
    }

    /// A parameter has a value that SQS does not take.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterValueException", "InvalidParameterValue", message)
    }

    pub(super) fn missing(parameter: &str) -> Self {
        let message = format!("The request must contain the parameter {parameter}.");
        Self::new("MissingParameterException", "MissingParameter", message)
    }

    pub(super) fn no_queue() -> Self {
        let code = "QueueDoesNotExist";
        let query = "AWS.SimpleQueueService.NonExistentQueue";
        Self::new(code, query, "The specified queue does not exist.")
    }

    pub(super) fn internal(error: impl std::fmt::Display) -> Self {
        let failure = Self::new("InternalFailure", "InternalFailure", error.to_string());
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, ..failure }
    }

    /// Returns the namespace that stands before the code.
    pub(super) fn kind(&self) -> String {
        let is_common = self.code.ends_with("Exception") || self.code == "InternalFailure";
        let namespace = if is_common { "com.amazon.coral.service" } else { "com.amazonaws.sqs" };
        format!("{namespace}#{}", self.code)
    }
}
