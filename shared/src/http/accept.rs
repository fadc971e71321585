//! Content negotiation (RFC 9110, section 12).

use axum::http::HeaderMap;
use headers::HeaderMapExt;
use headers_accept::Accept;
use mediatype::names::{
    APPLICATION, CSS, HTML as HTML_NAME, IMAGE, JAVASCRIPT, JSON as JSON_NAME, PLAIN, PNG, TEXT,
};
use mediatype::{MediaType, Name};

const APPLICATION_JSON: MediaType<'static> = MediaType::new(APPLICATION, JSON_NAME);
const PROBLEM_JSON: MediaType<'static> =
    MediaType::from_parts(APPLICATION, Name::new_unchecked("problem"), Some(JSON_NAME), &[]);

/// What most functions answer with.
pub const JSON: &[MediaType<'static>] = &[APPLICATION_JSON, PROBLEM_JSON];

/// What a function with pages for people answers with: the pages, and what they are made of.
pub const HTML: &[MediaType<'static>] = &[
    MediaType::new(TEXT, HTML_NAME),
    MediaType::new(TEXT, CSS),
    MediaType::new(TEXT, JAVASCRIPT),
    MediaType::new(IMAGE, PNG),
    APPLICATION_JSON,
    PROBLEM_JSON,
];

/// What is sent piece by piece: text, and JSON with a line for each item.
pub(super) const STREAMED: &[MediaType<'static>] = &[
    MediaType::new(TEXT, PLAIN),
    MediaType::new(APPLICATION, Name::new_unchecked("x-ndjson")),
    APPLICATION_JSON,
    PROBLEM_JSON,
];

/// Whether the client takes any of `available`. One that does not say takes everything.
pub(super) fn accepts_any(headers: &HeaderMap, available: &[MediaType<'static>]) -> bool {
    accept(headers).is_none_or(|accept| accept.negotiate(available).is_some())
}

/// Whether the client prefers errors as `application/problem+json` (RFC 9457).
pub(super) fn prefers_problem(headers: &HeaderMap) -> bool {
    accept(headers).is_some_and(|accept| accept.negotiate(JSON) == Some(&PROBLEM_JSON))
}

/// The header, unless it is malformed and so says nothing.
fn accept(headers: &HeaderMap) -> Option<Accept> {
    headers.typed_get()
}
