use std::convert::Infallible;

use axum::extract::OptionalFromRequestParts;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;

use crate::domain::UserAgent;

/// Reads `Option<UserAgent>`: `None` if the request does not say, or nothing of it can be shown.
impl<S: Sync> OptionalFromRequestParts<S> for UserAgent {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.headers.get(USER_AGENT).and_then(|value| Self::of(value.as_bytes())))
    }
}
