//! The rules that RFC 9110 sets for the method and the status of a response.

use std::time::SystemTime;

use axum::body::{Body, HttpBody};
use axum::http::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE, Entry, LAST_MODIFIED};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};

use crate::domain::Timestamp;

/// RFC 5789, section 3.1.
const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// The media types of PATCH, on every path that has it.
const PATCHES: HeaderValue = HeaderValue::from_static("application/merge-patch+json, application/json");

/// Answers OPTIONS on every known path, and adds it to `Allow`.
pub(super) fn allow_options(response: &mut Response<Body>, method: &Method) {
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return;
    }
    let allowed = response.headers().get(ALLOW).and_then(|allow| allow.to_str().ok()).unwrap_or_default();
    let methods: Vec<&str> =
        allowed.split(',').map(str::trim).chain(["OPTIONS"]).filter(|m| !m.is_empty()).collect();
    let has_patch = methods.contains(&"PATCH");
    let methods = methods.join(", ");
    insert(response.headers_mut(), ALLOW, &methods);
    if has_patch {
        response.headers_mut().insert(ACCEPT_PATCH, PATCHES);
    }
    if method == Method::OPTIONS {
        *response.status_mut() = StatusCode::NO_CONTENT;
        response.headers_mut().remove(CONTENT_TYPE);
    }
}

/// Adds the accepted media types of PATCH to an answer that refuses another one (RFC 5789, section 2.2).
pub(super) fn name_patches(response: &mut Response<Body>, method: &Method) {
    if response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE && method == Method::PATCH {
        response.headers_mut().insert(ACCEPT_PATCH, PATCHES);
    }
}

/// Removes the content from an answer that must have none. An answer to HEAD keeps the length of the GET's (section
/// 9.3.2). An answer with 204 or 304 gets no length, which would announce content (section 8.6).
pub(super) fn remove_content(response: &mut Response<Body>, method: &Method) {
    let is_without = matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if !is_without && method != Method::HEAD {
        return;
    }
    let body = std::mem::take(response.body_mut());
    if is_without {
        response.headers_mut().remove(CONTENT_LENGTH);
    } else if let Entry::Vacant(length) = response.headers_mut().entry(CONTENT_LENGTH)
        // The router has already set the length of the body that it left out.
        && let Some(bytes) = body.size_hint().exact()
    {
        length.insert(bytes.into());
    }
}

/// Limits `Last-Modified` to the current time (section 8.8.2.1).
pub(super) fn limit_last_modified(headers: &mut HeaderMap, now: Timestamp) {
    let modified = headers.get(LAST_MODIFIED).and_then(|value| value.to_str().ok());
    let Some(modified) = modified.and_then(|date| httpdate::parse_http_date(date).ok()) else { return };
    let now = SystemTime::from(now);
    if modified > now {
        insert(headers, LAST_MODIFIED, &httpdate::fmt_http_date(now));
    }
}

/// Sets a header, unless the value is invalid.
pub(super) fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}
