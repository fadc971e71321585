//! The bodies of error responses.

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, Response};
use serde::Serialize;

use super::call::Call;
use crate::domain::Timestamp;
use crate::http::accept::prefers_problem;
use crate::http::code::Code;
use crate::http::{Failure, FieldError};

/// Type and title of a problem that is only a rate limit (draft-ietf-httpapi-ratelimit-headers-11).
const QUOTA_EXCEEDED: (&str, &str) = (
    "https://iana.org/assignments/http-problem-types#quota-exceeded",
    "Request cannot be satisfied as assigned quota has been exceeded",
);

/// Takes the failure out of a response, if the response is one.
pub(super) fn take_failure(response: &mut Response<Body>, call: &Call) -> Option<Failure> {
    let status = response.status();
    let failure = response.extensions_mut().remove();
    if status.is_client_error() || status.is_server_error() {
        let allowed = response.headers().get(ALLOW).and_then(|allow| allow.to_str().ok()).unwrap_or_default();
        return failure.or_else(|| Some(Failure::of_status(status, &call.asked, allowed)));
    }
    None
}

/// Gives an error response its body, in our own shape or as a problem of RFC 9457.
pub(super) fn render(failure: &Failure, call: &Call, now: Timestamp, response: &mut Response<Body>) {
    let Failure { code, ref message, ref details, violated_policy, .. } = *failure;
    let status = code.status();
    *response.status_mut() = status;
    let (request_id, timestamp) = (&*call.request_id, now);
    let as_problem = prefers_problem(&call.headers);
    let body = if as_problem {
        let (r#type, title) = match violated_policy {
            Some(_) => QUOTA_EXCEEDED,
            None => ("about:blank", status.canonical_reason().unwrap_or("Error")),
        };
        let (status, detail) = (status.as_u16(), &**message);
        serde_json::to_vec(&ProblemDetails {
            r#type,
            title,
            status,
            detail,
            code,
            details,
            violated_policies: violated_policy.as_slice(),
            request_id,
            timestamp,
        })
    } else {
        serde_json::to_vec(&error_body(failure, call, now))
    };
    *response.body_mut() = Body::from(body.unwrap_or_default());
    let media_type = if as_problem { "application/problem+json" } else { "application/json" };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().remove(CONTENT_LENGTH);
}

pub(super) fn error_body<'a>(failure: &'a Failure, call: &'a Call, timestamp: Timestamp) -> ErrorBody<'a> {
    let Failure { code, message: error, details, .. } = failure;
    ErrorBody { error, code: *code, details, request_id: &call.request_id, timestamp }
}

/// An error.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Error)]
pub struct ErrorBody<'a> {
    /// The error in words, for people. The text can change.
    #[schema(example = "Post not found")]
    error: &'a str,
    code: Code,
    /// The invalid fields, all of them.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    details: &'a [FieldError],
    /// The id of the request, as in `X-Request-Id` and in the logs of the API.
    #[schema(example = "UGFkZyG6liAEMUQ=")]
    request_id: &'a str,
    /// The time of the error.
    timestamp: Timestamp,
}

/// An error as RFC 9457 describes it, for clients that ask for `application/problem+json`.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProblemDetails)]
pub struct ProblemDetails<'a> {
    /// The type of the problem: `about:blank` if the status says everything.
    #[schema(format = "uri", example = "about:blank")]
    r#type: &'a str,
    /// The type in words.
    #[schema(example = "Not Found")]
    title: &'a str,
    /// The status of the response.
    #[schema(minimum = 400, maximum = 599, example = 404)]
    status: u16,
    /// The error in words, for people. The text can change.
    #[schema(example = "Post not found")]
    detail: &'a str,
    code: Code,
    /// The invalid fields, all of them.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    details: &'a [FieldError],
    /// The names of the rate limits that the request exceeded.
    #[serde(rename = "violated-policies", skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false, example = json!(["write"]))]
    violated_policies: &'a [&'static str],
    /// The id of the request, as in `X-Request-Id` and in the logs of the API.
    #[schema(example = "UGFkZyG6liAEMUQ=")]
    request_id: &'a str,
    /// The time of the error.
    timestamp: Timestamp,
}
