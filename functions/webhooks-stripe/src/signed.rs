use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRef, FromRequest, Request};
use axum::http::HeaderMap;
use shared::clock::Clock;
use shared::http::{Code, Error, read_body};

use crate::signature::{SignatureError, SigningSecrets};

/// The largest body in bytes. Stripe's events have a few thousand; a session with many line items has more.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

const STRIPE_SIGNATURE: &str = "stripe-signature";

/// The bytes of a body that Stripe signed. They are verified before anything reads them.
pub(crate) struct Signed(pub(crate) Bytes);

impl<S> FromRequest<S> for Signed
where
    S: Sync,
    SigningSecrets: FromRef<S>,
    Clock: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let (parts, body) = request.into_parts();
        let header = header(&parts.headers)?;
        let body = read_body(&parts.headers, body, MAX_BODY_BYTES).await?;
        let now = Clock::from_ref(state).now();
        SigningSecrets::from_ref(state).verify(header, &body, now).map_err(invalid_signature)?;
        Ok(Self(body))
    }
}

/// Returns the only `Stripe-Signature`.
fn header(headers: &HeaderMap) -> Result<&str, Error> {
    let mut values = headers.get_all(STRIPE_SIGNATURE).iter();
    let value = values.next().filter(|value| !value.is_empty()).ok_or_else(missing_signature)?;
    match (value.to_str(), values.next()) {
        (Ok(header), None) => Ok(header),
        _ => Err(invalid_signature(SignatureError::NotOne)),
    }
}

/// Returns the error of a request without a `Stripe-Signature`.
pub fn missing_signature() -> Error {
    Error::new(Code::MissingSignature, "Stripe-Signature header required")
}

/// Returns the error of a `Stripe-Signature` that does not verify. Its reason goes to the log alone.
pub fn invalid_signature(error: SignatureError) -> Error {
    Error::new(Code::InvalidSignature, "Invalid Stripe-Signature").with_cause(Arc::new(error))
}
