//! Answers to conditional requests (RFC 9110, section 13).

use std::borrow::Cow;
use std::time::{Duration, UNIX_EPOCH};

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LAST_MODIFIED, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::{Error, Json, Preconditions};
use crate::domain::{Revision, Timestamp};

/// The validators of a resource: they tell its states apart (RFC 9110, section 8.8).
#[derive(Clone, Debug)]
pub struct Validators {
    /// With its quotes.
    pub(super) etag: Cow<'static, str>,
    /// In seconds since the Unix epoch, if the resource has a time.
    pub(super) modified: Option<i64>,
}

impl Validators {
    /// Those of an entity's full representation.
    #[must_use]
    pub fn of(revision: Revision) -> Self {
        Self { etag: format!("\"{}\"", revision.version).into(), modified: Some(revision.second()) }
    }

    /// Those of what some callers see of an entity, where others see more.
    #[must_use]
    pub fn of_view(revision: Revision, view: &str) -> Self {
        Self { etag: format!("\"{}-{view}\"", revision.version).into(), ..Self::of(revision) }
    }

    /// Those of what is the state of something at a time.
    #[must_use]
    pub fn at(time: Timestamp) -> Self {
        Self { etag: format!("\"{}\"", time.as_millis()).into(), modified: Some(time.as_seconds()) }
    }

    fn insert_into(&self, headers: &mut HeaderMap) {
        if let Ok(etag) = HeaderValue::from_str(&self.etag) {
            headers.insert(ETAG, etag);
        }
        if let Some(at) = self.modified.and_then(|seconds| u64::try_from(seconds).ok())
            && let Ok(date) = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(at)).try_into()
        {
            headers.insert(LAST_MODIFIED, date);
        }
    }
}

/// A resource as JSON, with what a client needs to ask for it conditionally.
#[derive(Clone, Debug)]
pub struct Resource<T> {
    /// They change with every change of the representation.
    pub validators: Validators,
    /// The representation.
    pub body: T,
}

impl<T: Serialize> Resource<T> {
    /// Answers a GET: 304 where the client has it already, 412 where it wants another.
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

/// What is the same for everybody until the next deployment.
#[derive(Clone, Copy, Debug)]
pub struct Fixed {
    /// Its media type.
    pub media_type: &'static str,
    /// With its quotes; from the content alone, so that instances of one deployment agree and the next one differs.
    pub etag: &'static str,
    /// The whole of it.
    pub content: &'static [u8],
}

impl Fixed {
    /// Answers a GET, as [`Resource::answer`] does. Nobody asks again for `max_age` seconds.
    pub fn answer(self, headers: &HeaderMap, max_age: u32) -> Result<Response, Error> {
        let preconditions = Preconditions::read(headers, true);
        let validators = Validators { etag: self.etag.into(), modified: None };
        preconditions.require(&validators)?;
        let mut response = if preconditions.is_fresh(&validators) {
            not_modified(&validators)
        } else {
            let mut response = ([(CONTENT_TYPE, self.media_type)], self.content).into_response();
            validators.insert_into(response.headers_mut());
            response
        };
        let headers = response.headers_mut();
        // The same for every caller; an Accept that rules it out gets another answer.
        headers.insert(VARY, HeaderValue::from_static("Accept"));
        if let Ok(value) = format!("public, max-age={max_age}").try_into() {
            headers.insert(CACHE_CONTROL, value);
        }
        Ok(response)
    }
}
