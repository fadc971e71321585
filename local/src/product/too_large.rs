//! The answer to a request that is too large for API Gateway or Lambda.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::lambda::response::Response;

/// Returns API Gateway's answer, `{"message": "Request Entity Too Large"}`, with the members of the API's own errors,
/// so that a body that is too large has one error shape in all cases. On AWS the gateway sends `message` alone.
pub(crate) fn too_large(request_id: &str, at: OffsetDateTime) -> Response {
    let body = json!({
        "message": "Request Entity Too Large",
        "error": "The body is too large",
        "code": "body_too_large",
        "requestId": request_id,
        "timestamp": at.format(&Rfc3339).unwrap_or_default(),
    });
    let mut response = Response::new(Bytes::from(body.to_string()).into());
    *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
