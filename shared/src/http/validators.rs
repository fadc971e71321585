use std::borrow::Cow;
use std::time::{Duration, UNIX_EPOCH};

use axum::http::header::{ETAG, LAST_MODIFIED};
use axum::http::{HeaderMap, HeaderValue};

use crate::domain::{Revision, Timestamp};

/// The validators of a resource, which identify its version (RFC 9110, section 8.8).
#[derive(Clone, Debug)]
pub struct Validators {
    /// The entity tag with its quotes.
    pub(super) etag: Cow<'static, str>,
    /// The modification time in seconds since the Unix epoch, if there is one.
    pub(super) modified: Option<i64>,
}

impl Validators {
    /// Returns the validators of an entity's full representation.
    #[must_use]
    pub fn of(revision: Revision) -> Self {
        Self { etag: format!("\"{}\"", revision.version).into(), modified: Some(revision.second()) }
    }

    /// Returns the validators of a partial view, if some callers see more of the entity than others.
    #[must_use]
    pub fn of_view(revision: Revision, view: &str) -> Self {
        Self { etag: format!("\"{}-{view}\"", revision.version).into(), ..Self::of(revision) }
    }

    /// Returns the validators of a state that is identified by its time.
    #[must_use]
    pub fn at(time: Timestamp) -> Self {
        Self { etag: format!("\"{}\"", time.as_millis()).into(), modified: Some(time.as_seconds()) }
    }

    pub(super) fn insert_into(&self, headers: &mut HeaderMap) {
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
