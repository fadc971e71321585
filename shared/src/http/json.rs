//! JSON bodies, in and out.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use mediatype::names::{APPLICATION, JSON};
use mediatype::{MediaType, Name, ReadParams};
use serde::Serialize;

use super::{Error, Fields, FromFields, check_acceptable};

/// The largest JSON body in bytes.
const MAX_BODY_BYTES: usize = 256 * 1024;

const CHARSET: Name<'static> = Name::new_unchecked("charset");
const MERGE_PATCH: Name<'static> = Name::new_unchecked("merge-patch");

/// As an argument, a body that is a JSON object and a valid `T`; as an answer, `T` as JSON.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

impl<S: Sync, T: FromFields> FromRequest<S> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        check_content_type(request.method(), request.headers())?;
        let (parts, body) = request.into_parts();
        let input = parse(&read(body).await?)?;
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

/// A `T` from a JSON object.
pub(super) fn parse<T: FromFields>(body: &[u8]) -> Result<T, Error> {
    let fields: Fields = serde_json::from_slice(body).map_err(|error| Error::Malformed(error.to_string()))?;
    fields.read()
}

pub(super) async fn read(body: Body) -> Result<axum::body::Bytes, Error> {
    to_bytes(body, MAX_BODY_BYTES).await.map_err(|_| Error::TooLarge(MAX_BODY_BYTES))
}

/// `application/json`, and for PATCH `application/merge-patch+json` (RFC 7396) too; in UTF-8.
pub(super) fn check_content_type(method: &Method, headers: &HeaderMap) -> Result<(), Error> {
    let acceptable = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| MediaType::parse(value).ok())
        .is_some_and(|content_type| {
            let is_json = content_type.subty == JSON && content_type.suffix.is_none();
            let is_patch = content_type.subty == MERGE_PATCH && content_type.suffix == Some(JSON);
            let is_utf8 = content_type
                .get_param(CHARSET)
                .is_none_or(|charset| charset.unquoted_str().eq_ignore_ascii_case("utf-8"));
            content_type.ty == APPLICATION && (is_json || is_patch && method == Method::PATCH) && is_utf8
        });
    if acceptable {
        Ok(())
    } else if method == Method::PATCH {
        Err(Error::UnsupportedMediaType("application/merge-patch+json or application/json, in UTF-8"))
    } else {
        Err(Error::UnsupportedMediaType("application/json, in UTF-8"))
    }
}
