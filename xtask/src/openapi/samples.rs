//! Sample answers of the API's own code: one for each code, and one without an error.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::header::ACCEPT;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use serde_json::Value;
use shared::clock::Clock;
use shared::domain::Timestamp;
use shared::http::{Code, Error, FieldError, JSON, MAX_JSON_BYTES, Unauthorized, respond};
use shared::store::{self, Unique};
use tower::service_fn;
use webhooks_stripe::SignatureError;

/// The time of every example.
const NOW: Timestamp = Timestamp::from_millis(1_795_192_375_123);

/// The request id of every example, in API Gateway's format.
const REQUEST_ID: &str = "UGFkZyG6liAEMUQ=";

/// An answer of the API.
pub(super) struct Sample {
    /// The names of its headers, in lower case.
    pub(super) headers: Vec<String>,
    /// Its body; `null` if it has none.
    pub(super) body: Value,
}

impl Sample {
    /// Returns an answer without an error.
    pub(super) fn success() -> Self {
        Self::of("*/*", || StatusCode::NO_CONTENT.into_response())
    }

    /// Returns the answer with `code` to a client that accepts `media_type`.
    pub(super) fn error(code: Code, media_type: &'static str) -> Self {
        Self::of(media_type, || error(code))
    }

    fn of(accept: &'static str, answer: impl Fn() -> Response + Send) -> Self {
        let (headers, body) = Self::ask(accept, answer).now_or_never().unwrap_or_default();
        let mut body: Value = serde_json::from_slice(&body).unwrap_or_default();
        if let Some(id) = body.get_mut("requestId") {
            *id = REQUEST_ID.into();
        }
        Self { headers, body }
    }

    /// Runs the handler. It waits for nothing, so the answer is ready at once.
    async fn ask(accept: &'static str, answer: impl Fn() -> Response + Send) -> (Vec<String>, Vec<u8>) {
        let mut request = Request::new(Body::empty());
        request.headers_mut().insert(ACCEPT, axum::http::HeaderValue::from_static(accept));
        let routes = service_fn(|_| std::future::ready(Ok::<_, Infallible>(answer())));
        let response = respond(routes, JSON, &Clock::set_to(NOW), request).await;
        let headers = response.headers().keys().map(ToString::to_string).collect();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap_or_default();
        (headers, body.to_vec())
    }
}

/// Returns an error with this code.
fn error(code: Code) -> Response {
    let field = |field: &str, message: &str| FieldError { field: field.into(), message: message.into() };
    let cause = || Arc::new(std::io::Error::other("example"));
    let unauthorized = |what| Error::Unauthorized(what);
    let error = match code {
        Code::BadRequest => return StatusCode::BAD_REQUEST.into_response(),
        Code::MethodNotAllowed => return StatusCode::METHOD_NOT_ALLOWED.into_response(),
        Code::ValidationFailed => Error::Invalid(vec![
            field("title", "must have 5 to 200 characters, but has 4"),
            field("titel", "is not a known field"),
        ]),
        Code::MalformedJson => {
            Error::Malformed(field("body", "must be JSON: it ends too early, at line 1, column 12"))
        }
        Code::MalformedMultipart => Error::MalformedMultipart(
            "must be a form, but in its part 1 the Content-Disposition has no name".into(),
        ),
        Code::NoFile => upload::no_file(Vec::new()),
        Code::MissingQuery => search::missing_query(),
        Code::MissingSignature => webhooks_stripe::missing_signature(),
        Code::InvalidSignature => webhooks_stripe::invalid_signature(SignatureError::Mismatch),
        Code::InvalidLink => shared::auth::invalid_link(),
        Code::MissingToken => unauthorized(Unauthorized::Missing),
        Code::InvalidToken => unauthorized(Unauthorized::Invalid),
        Code::TokenExpired => unauthorized(Unauthorized::Expired),
        Code::InvalidCredentials => unauthorized(Unauthorized::WrongCredentials),
        Code::NoSession => unauthorized(Unauthorized::NoSession),
        Code::InvalidSession => unauthorized(Unauthorized::InvalidSession),
        Code::NotAuthenticated => unauthorized(Unauthorized::NotSignedIn),
        Code::Forbidden => Error::Forbidden("Only the author and admins may do this"),
        Code::RecentSignInRequired => Error::RecentSignInRequired,
        Code::NotFound => Error::NotFound("Post"),
        Code::NotAcceptable => Error::NotAcceptable,
        Code::EmailTaken => store::Error::Taken(Unique::Email).into(),
        Code::TitleTaken => store::Error::Taken(Unique::Title).into(),
        Code::QuotaExceeded => store::Error::QuotaExceeded.into(),
        Code::PreconditionFailed => Error::PreconditionFailed("The resource changed since it was read"),
        Code::BodyTooLarge => Error::TooLarge { limit: MAX_JSON_BYTES, size: 1_234_567 },
        Code::FileTooLarge => upload::file_too_large(),
        Code::UnsupportedMediaType => Error::UnsupportedMediaType("application/json, in UTF-8"),
        Code::UnsupportedContentEncoding => Error::ContentCoding,
        Code::IdempotencyKeyReused => Error::KeyReused,
        Code::RateLimited => Error::RateLimited { policy: "write", retry_after_seconds: 42 },
        Code::InternalError => Error::Internal(cause()),
        Code::BadGateway => weather::UpstreamFailure::TooLarge.into(),
        Code::Unavailable => Error::Unavailable(cause()),
        Code::Contended => Error::Contended,
        Code::GatewayTimeout => weather::UpstreamFailure::Timeout.into(),
    };
    error.into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_of_a_code_has_that_code_in_both_shapes() {
        for code in Code::ALL {
            for media_type in ["application/json", "application/problem+json"] {
                let Sample { headers, body } = Sample::error(*code, media_type);
                assert_eq!(body["code"], code.as_str(), "{body}");
                assert!(headers.contains(&"x-request-id".to_owned()), "{headers:?}");
                let status = (media_type == "application/problem+json").then(|| code.status().as_u16());
                assert_eq!(body.get("status").and_then(Value::as_u64), status.map(u64::from), "{body}");
            }
        }
    }
}
