//! An error in terms of HTTP.

use std::borrow::Cow;
use std::sync::Arc;

use axum::http::header::{ACCEPT_ENCODING, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::Code;
use super::unauthorized::challenge;

/// The seconds after which a client may retry a request that failed temporarily.
const RETRY_AFTER_SECONDS: u32 = 1;

pub(super) const INTERNAL_ERROR: &str = "Internal server error";

/// An error in terms of HTTP; [`respond`](super::respond) adds its body.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", code.as_str())]
pub struct Failure {
    /// The code, which has its status.
    pub code: Code,
    /// The message, for people.
    pub message: Cow<'static, str>,
    /// The invalid fields.
    pub details: Vec<FieldError>,
    /// The rate limit that the request exceeded.
    pub violated_policy: Option<&'static str>,
    /// Seconds after which the client may try again: `Retry-After`.
    pub retry_after_seconds: Option<u32>,
    /// The cause. It goes to the log, never to the client.
    pub cause: Option<Cause>,
}

/// An invalid field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// The name of the member of the body, of the query parameter or of the header.
    #[schema(example = "title")]
    pub field: String,
    /// The reason, for people.
    #[schema(example = "must have 5 to 200 characters")]
    pub message: String,
}

/// The cause of an error, which is logged and never sent to the client.
pub(crate) type Cause = Arc<dyn std::error::Error + Send + Sync>;

impl Failure {
    pub(super) fn new(code: Code, message: Cow<'static, str>) -> Self {
        let is_passing =
            matches!(code.status(), StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT);
        Self {
            code,
            message,
            details: Vec::new(),
            violated_policy: None,
            retry_after_seconds: is_passing.then_some(RETRY_AFTER_SECONDS),
            cause: None,
        }
    }

    /// Returns the failure for an answer without a body of ours, such as the router's own 404 and 405. The message
    /// names the request, such as `POST /api/userz`, and the allowed methods.
    pub(super) fn of_status(status: StatusCode, asked: &str, allowed: &str) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::new(
                Code::NotFound,
                format!("There is nothing at {asked}: /api/docs describes what there is").into(),
            ),
            StatusCode::METHOD_NOT_ALLOWED => Self::new(
                Code::MethodNotAllowed,
                format!("There is no {asked}: the path takes {allowed}").into(),
            ),
            _ if status.is_client_error() => Self::new(Code::BadRequest, "The request cannot be read".into()),
            _ => Self::new(Code::InternalError, INTERNAL_ERROR.into()),
        }
    }

    /// The header field by which a client learns what to send instead.
    fn header(&self) -> Option<(HeaderName, String)> {
        match self.code {
            // RFC 9110, section 12.5.3: the header tells the client which codings are accepted.
            Code::UnsupportedContentEncoding => Some((ACCEPT_ENCODING, "identity".to_owned())),
            code => challenge(code, &self.message).map(|challenge| (WWW_AUTHENTICATE, challenge)),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        if let Some((name, value)) = self.header()
            && let Ok(value) = HeaderValue::try_from(value)
        {
            response.headers_mut().insert(name, value);
        }
        response.extensions_mut().insert(self);
        response
    }
}
