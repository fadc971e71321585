//! JSON bodies of requests and responses.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{ContentType, Error, Fields, FromFields, check_acceptable, json_text, read_body};

/// The largest JSON body in bytes. A post of 50,000 characters fits, even if each is written as `\ud83d\ude00`.
pub const MAX_JSON_BYTES: usize = 1024 * 1024;

/// As an argument, a body that is a JSON object and a valid `T`; as a response, `T` as JSON.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

impl<S: Sync, T: FromFields> FromRequest<S> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        let (parts, body) = json_body(request).await?;
        let input = parse(&body)?;
        check_acceptable(&parts.extensions)?;
        Ok(Self(input))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => ([(CONTENT_TYPE, "application/json")], body).into_response(),
            Err(error) => Error::Internal(Arc::new(error)).into_response(),
        }
    }
}

/// A body that is any JSON object, unchanged to the last digit and space.
#[derive(Clone, Debug)]
pub struct JsonObject(pub Box<RawValue>);

impl<S: Sync> FromRequest<S> for JsonObject {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        let (parts, body) = json_body(request).await?;
        json_text::members(&body)?;
        let object = json_text::text(&body)?.to_owned();
        check_acceptable(&parts.extensions)?;
        RawValue::from_string(object).map(Self).map_err(|error| Error::Internal(Arc::new(error)))
    }
}

/// Parses a JSON object in which no member occurs twice, at any depth.
pub fn json_object(body: &[u8]) -> Result<Map<String, Value>, Error> {
    json_text::members(body)
}

/// Parses a `T` from a JSON object.
pub(super) fn parse<T: FromFields>(body: &[u8]) -> Result<T, Error> {
    Fields::new(json_object(body)?).read()
}

/// Reads a body whose declared type is JSON.
pub(super) async fn json_body(request: Request) -> Result<(Parts, Bytes), Error> {
    let (parts, body) = request.into_parts();
    // A request without a body need not declare a type, and its error must say that the body is missing.
    let is_declared = is_json(&parts.method, &parts.headers);
    let body = read_body(&parts.headers, body, MAX_JSON_BYTES).await;
    let is_missing = !parts.headers.contains_key(CONTENT_TYPE) && body.as_ref().is_ok_and(Bytes::is_empty);
    if is_declared || is_missing {
        return Ok((parts, body?));
    }
    Err(Error::UnsupportedMediaType(if parts.method == Method::PATCH {
        "application/merge-patch+json or application/json, in UTF-8"
    } else {
        "application/json, in UTF-8"
    }))
}

/// Tells whether the body is declared as `application/json`, or for PATCH as `application/merge-patch+json` (RFC 7396),
/// in UTF-8. Other parameters have no meaning (RFC 8259, section 11).
fn is_json(method: &Method, headers: &HeaderMap) -> bool {
    let declared = ContentType::of(headers);
    let is_patch = method == Method::PATCH && declared.essence() == "application/merge-patch+json";
    (declared.essence() == "application/json" || is_patch) && declared.is_utf8()
}
