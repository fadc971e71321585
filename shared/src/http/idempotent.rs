//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): a repeated request has no second effect.

use std::convert::Infallible;
use std::fmt::Display;

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponseParts, ResponseParts};
use sha2::{Digest, Sha256};
use utoipa::IntoParams;

use super::field::value;
use super::json::{json_body, parse};
use super::{Error, FromFields, check_acceptable};
use crate::domain::IdempotencyKey;
use crate::store::IdempotencyRecord;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The body of a request that creates something: a [`Json`](super::Json) with an optional `Idempotency-Key`.
#[derive(Debug)]
pub struct Idempotent<T> {
    /// The content of the request.
    pub input: T,
    /// Its key, if it has one.
    pub key: Option<RequestKey>,
}

/// An `Idempotency-Key` with the fingerprint of its request.
#[derive(Clone, Debug)]
pub struct RequestKey {
    key: IdempotencyKey,
    fingerprint: [u8; 32],
}

impl RequestKey {
    /// Reads the key from `headers`, for a request with this `content`.
    pub fn read(headers: &HeaderMap, content: impl AsRef<[u8]>) -> Result<Option<Self>, Error> {
        let Some(text) = value(headers, &IDEMPOTENCY_KEY) else { return Ok(None) };
        let key = text.parse().map_err(|invalid: crate::domain::Invalid| {
            Error::field("Idempotency-Key", invalid.to_string())
        })?;
        Ok(Some(Self { key, fingerprint: Sha256::digest(content).into() }))
    }

    /// Replaces the content for the fingerprint by `statement`, if not even a hash of the content may be stored.
    #[must_use]
    pub fn saying(self, statement: &str) -> Self {
        Self { fingerprint: Sha256::digest(statement).into(), ..self }
    }

    /// Returns the record of `operation`, which is the function's name, by `principal` under this key.
    #[must_use]
    pub fn record(&self, operation: &str, principal: impl Display) -> IdempotencyRecord {
        IdempotencyRecord::new(operation, &principal, &self.key, &self.fingerprint)
    }
}

impl<S: Sync, T: FromFields> FromRequest<S> for Idempotent<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        let (parts, body) = json_body(request).await?;
        let input = parse(&body)?;
        let key = RequestKey::read(&parts.headers, &body)?;
        check_acceptable(&parts.extensions)?;
        Ok(Self { input, key })
    }
}

/// Marks an answer as that of an earlier request, with `Idempotency-Replayed: true`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replayed(pub bool);

impl IntoResponseParts for Replayed {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        if self.0 {
            parts.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
        }
        Ok(parts)
    }
}

/// The header of a request that creates something.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes what `RequestKey` reads")]
pub struct IdempotencyParams {
    /// A text that the client generates for this request, such as a UUID. If the request is sent again within 24 hours
    /// with the same key, it has no second effect. The response is then the first one, with `Idempotency-Replayed`. A
    /// different request with the same key is answered with 422.
    #[param(
        rename = "Idempotency-Key",
        required = false,
        min_length = 1,
        max_length = 255,
        pattern = r"^[!-+\--~]+$"
    )]
    idempotency_key: String,
}
