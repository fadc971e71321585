//! Answers to conditional requests (RFC 9110, section 13).

use std::borrow::Cow;
use std::time::Duration;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Error, Json, Preconditions, Validators};

/// A resource as JSON, with the validators for conditional requests.
#[derive(Clone, Debug)]
pub struct Resource<T> {
    /// The validators, which differ for each representation.
    pub validators: Validators,
    /// The representation.
    pub body: T,
}

impl<T: Serialize> Resource<T> {
    /// Answers a GET: 304 if the client has this version, 412 if it requires another one.
    pub fn answer(self, preconditions: &Preconditions) -> Result<Response, Error> {
        preconditions.require(&self.validators)?;
        if preconditions.is_fresh(&self.validators) {
            return Ok(not_modified(&self.validators));
        }
        Ok(self.into_response())
    }
}

impl<T: Serialize> IntoResponse for Resource<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.body).into_response();
        self.validators.insert_into(response.headers_mut());
        response
    }
}

fn not_modified(validators: &Validators) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    validators.insert_into(response.headers_mut());
    response
}

/// A resource that is the same for everybody.
#[derive(Clone, Debug)]
pub struct Fixed {
    /// Its media type.
    pub media_type: &'static str,
    /// The entity tag with its quotes. It is derived from the content, so it is the same in all instances and changes with
    /// the content.
    pub etag: Cow<'static, str>,
    /// The whole content.
    pub content: Bytes,
}

impl Fixed {
    /// Makes a resource of this JSON.
    #[must_use]
    pub fn json(body: &impl Serialize) -> Self {
        let content = serde_json::to_vec(body).unwrap_or_default();
        let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&Sha256::digest(&content)[..12]));
        Self { media_type: "application/json", etag: etag.into(), content: content.into() }
    }

    /// Answers a GET, as [`Resource::answer`] does. Caches may keep the answer for `max_age`.
    pub fn answer(self, headers: &HeaderMap, max_age: Duration) -> Result<Response, Error> {
        let preconditions = Preconditions::read(headers, true);
        let validators = Validators { etag: self.etag, modified: None };
        preconditions.require(&validators)?;
        let mut response = if preconditions.is_fresh(&validators) {
            not_modified(&validators)
        } else {
            let mut response = ([(CONTENT_TYPE, self.media_type)], self.content).into_response();
            validators.insert_into(response.headers_mut());
            response
        };
        let headers = response.headers_mut();
        // The response is the same for every caller. `Vary` is there because an unacceptable `Accept` gets another
        // answer.
        headers.insert(VARY, HeaderValue::from_static("Accept"));
        if let Ok(value) = format!("public, max-age={}", max_age.as_secs()).try_into() {
            headers.insert(CACHE_CONTROL, value);
        }
        Ok(response)
    }
}
