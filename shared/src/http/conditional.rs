//! Conditional requests (RFC 9110, section 13).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::FromRequestParts;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LAST_MODIFIED, VARY};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use headers::{HeaderMapExt, IfMatch, IfModifiedSince, IfNoneMatch, IfUnmodifiedSince, LastModified};
use serde::Serialize;

use super::{Error, Json};
use crate::domain::Timestamp;

/// A strong entity tag: equal for two answers only where these are the same to the byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ETag(headers::ETag);

impl ETag {
    /// The tag of an entity's full representation.
    pub fn of(version: u64) -> Result<Self, Error> {
        Self::parse(&format!("\"{version}\""))
    }

    /// The tag of what some callers see of an entity, where others see more.
    pub fn of_view(version: u64, view: &str) -> Result<Self, Error> {
        Self::parse(&format!("\"{version}-{view}\""))
    }

    fn parse(tag: &str) -> Result<Self, Error> {
        tag.parse()
            .map(Self)
            .map_err(|_| Error::Internal(std::sync::Arc::from(Box::from("not an entity tag"))))
    }
}

/// A resource as JSON, with what a client needs to ask for it conditionally.
#[derive(Clone, Debug)]
pub struct Resource<T> {
    /// Changes with every change of the representation.
    pub etag: ETag,
    /// When the entity last changed.
    pub modified: Timestamp,
    /// The representation.
    pub body: T,
}

impl<T: Serialize> Resource<T> {
    /// The answer to a GET: 304 where the client has it already, 412 where it wants another.
    pub fn answer(self, preconditions: &Preconditions) -> Result<Response, Error> {
        preconditions.require(&self.etag, self.modified)?;
        if preconditions.is_fresh(&self.etag, self.modified) {
            let mut response = self.into_response();
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            *response.body_mut() = axum::body::Body::empty();
            response.headers_mut().remove(axum::http::header::CONTENT_TYPE);
            return Ok(response);
        }
        Ok(self.into_response())
    }
}

impl<T: Serialize> IntoResponse for Resource<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.body).into_response();
        let headers = response.headers_mut();
        headers.typed_insert(self.etag.0);
        headers.typed_insert(LastModified::from(system_time(self.modified)));
        debug_assert!(headers.contains_key(ETAG) && headers.contains_key(LAST_MODIFIED));
        response
    }
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
    /// The answer to a GET: 304 where the client has it already. Nobody asks again for `max_age` seconds.
    #[must_use]
    pub fn answer(self, headers: &HeaderMap, max_age: u32) -> Response {
        let common = [
            (ETAG, self.etag.to_owned()),
            (CACHE_CONTROL, format!("public, max-age={max_age}")),
            // The same for every caller; an Accept that rules it out gets another answer.
            (VARY, "Accept".to_owned()),
        ];
        if self.is_fresh(headers) {
            return (StatusCode::NOT_MODIFIED, common).into_response();
        }
        (common, [(CONTENT_TYPE, self.media_type)], self.content).into_response()
    }

    fn is_fresh(&self, headers: &HeaderMap) -> bool {
        let (Some(tags), Ok(etag)) = (headers.typed_get::<IfNoneMatch>(), self.etag.parse()) else {
            return false;
        };
        !tags.precondition_passes(&etag)
    }
}

/// What the request says of the state in which it expects the resource.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_field_names, reason = "these are the headers' names")]
pub struct Preconditions {
    /// `Some(None)`: the header is there and no tag can be read from it.
    #[expect(clippy::option_option, reason = "an unreadable If-Match must not count as none")]
    if_match: Option<Option<IfMatch>>,
    if_none_match: Option<IfNoneMatch>,
    if_modified_since: Option<IfModifiedSince>,
    if_unmodified_since: Option<IfUnmodifiedSince>,
}

impl Preconditions {
    /// That the resource is as `If-Match`, or else `If-Unmodified-Since`, expects; anything is without them.
    pub fn require(&self, etag: &ETag, modified: Timestamp) -> Result<(), Error> {
        let met = match (&self.if_match, self.if_unmodified_since) {
            (Some(if_match), _) => if_match.as_ref().is_some_and(|tags| tags.precondition_passes(&etag.0)),
            (None, Some(since)) => since.precondition_passes(system_time(modified)),
            (None, None) => true,
        };
        if met { Ok(()) } else { Err(Error::PreconditionFailed) }
    }

    /// Whether the client says, by `If-None-Match` or else `If-Modified-Since`, that it has this already.
    fn is_fresh(&self, etag: &ETag, modified: Timestamp) -> bool {
        match (&self.if_none_match, self.if_modified_since) {
            (Some(tags), _) => !tags.precondition_passes(&etag.0),
            (None, Some(since)) => !since.is_modified(system_time(modified)),
            (None, None) => false,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Preconditions {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let headers = &parts.headers;
        Ok(Self {
            if_match: headers.typed_try_get().map_or(Some(None), |header| header.map(Some)),
            if_none_match: headers.typed_get(),
            if_modified_since: headers.typed_get(),
            if_unmodified_since: headers.typed_get(),
        })
    }
}

/// To the second, as HTTP's dates are.
fn system_time(at: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::try_from(at.as_seconds()).unwrap_or(0))
}
