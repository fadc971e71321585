//! Conditional requests (RFC 9110, section 13).

use s3s::dto::{ETagCondition, Timestamp};
use s3s::{S3ErrorCode, S3Result, s3_error};

use super::object::Object;

/// The condition on the object that an upload replaces.
#[derive(Debug, Default)]
pub(super) struct Condition {
    pub(super) if_match: Option<ETagCondition>,
    pub(super) if_none_match: Option<ETagCondition>,
}

impl Condition {
    pub(super) fn is_some(&self) -> bool {
        self.if_match.is_some() || self.if_none_match.is_some()
    }

    pub(super) fn check(&self, current: Option<&Object>) -> S3Result<()> {
        let matches = |condition: &ETagCondition| current.is_some_and(|object| is_of(condition, object));
        match (&self.if_match, &self.if_none_match) {
            // S3 answers so if there is no object to match.
            (Some(_), _) if current.is_none() => Err(s3_error!(NoSuchKey)),
            (Some(condition), _) if !matches(condition) => Err(s3_error!(PreconditionFailed)),
            (_, Some(condition)) if matches(condition) => Err(s3_error!(PreconditionFailed)),
            _ => Ok(()),
        }
    }
}

/// Checks a client's conditions on the object that it wants to read.
pub(super) fn unchanged(
    object: &Object,
    if_match: Option<&ETagCondition>,
    if_none_match: Option<&ETagCondition>,
    if_modified_since: Option<&Timestamp>,
    if_unmodified_since: Option<&Timestamp>,
) -> S3Result<()> {
    let is_expected = match (if_match, if_unmodified_since) {
        (Some(condition), _) => is_of(condition, object),
        (None, Some(since)) => object.modified() <= *since,
        (None, None) => true,
    };
    if !is_expected {
        return Err(s3_error!(PreconditionFailed));
    }
    let is_known = match (if_none_match, if_modified_since) {
        (Some(condition), _) => is_of(condition, object),
        (None, Some(since)) => object.modified() <= *since,
        (None, None) => false,
    };
    if is_known { Err(S3ErrorCode::NotModified.into()) } else { Ok(()) }
}

fn is_of(condition: &ETagCondition, object: &Object) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(etag) => object.etag().weak_cmp(etag),
    }
}
