use std::borrow::Cow;
use std::time::{Duration, UNIX_EPOCH};

use axum::http::header::{ETAG, LAST_MODIFIED};
use axum::http::{HeaderMap, HeaderValue};

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
