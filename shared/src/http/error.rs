//! The only error of handlers, and its only mapping to HTTP.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};

use super::failure::{Cause, Failure, FieldError, INTERNAL_ERROR};
use super::{Code, Unauthorized};

/// The reason why a request failed.
///
/// The variants are the errors that several functions have in common. An error of one function is made where it occurs:
///
/// ```text
/// Error::new(Code::MissingQuery, "Query parameter required").with_detail("q", "is required")
/// ```
#[derive(Debug)]
pub enum Error {
    /// Fields of the body or the query are invalid; all of them are listed.
    Invalid(Vec<FieldError>),
    /// The body is not a JSON object; the error names the position, or the member that occurs twice.
    Malformed(FieldError),
    /// The body exceeds the limit.
    TooLarge {
        /// The limit in bytes.
        limit: usize,
        /// The size in bytes, or a lower bound of it.
        size: u64,
    },
    /// The body has a content coding, such as gzip.
    ContentCoding,
    /// The body is not `multipart/form-data`; the error names the position.
    MalformedMultipart(String),
    /// The body's media type is not this one.
    UnsupportedMediaType(&'static str),
    /// The client accepts none of the available media types.
    NotAcceptable,
    /// The access token or session is missing or invalid.
    Unauthorized(Unauthorized),
    /// The caller has no permission; the text is the reason, a sentence.
    Forbidden(&'static str),
    /// The last sign-in is too long ago for this change.
    RecentSignInRequired,
    /// The path names no entity of this kind.
    NotFound(&'static str),
    /// The `Idempotency-Key` was used for another request.
    KeyReused,
    /// The entity is not in the state that the request expects; the text is a sentence.
    PreconditionFailed(&'static str),
    /// Concurrent requests kept changing the entity.
    Contended,
    /// The caller, account or address has sent too many requests of this kind.
    RateLimited {
        /// The policy's name.
        policy: &'static str,
        /// The seconds until the policy allows the next request.
        retry_after_seconds: u32,
    },
    /// The time that Lambda gives a request is nearly over.
    TimedOut,
    /// A temporary fault of another service.
    Unavailable(Cause),
    /// A defect of this API.
    Internal(Cause),
    /// An error that [`Error::new`] made, or that has got more than its variant says.
    Other(Failure),
}

const UNAVAILABLE: &str = "The service is temporarily unavailable, try again";

impl Error {
    /// Makes an error with a code, which has its status, and a message for people.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self::Other(Failure::new(code, message.into()))
    }

    /// Adds invalid fields.
    #[must_use]
    pub fn with_details(self, details: impl IntoIterator<Item = FieldError>) -> Self {
        let mut failure = self.into_failure();
        failure.details.extend(details);
        Self::Other(failure)
    }

    /// Adds an invalid field.
    #[must_use]
    pub fn with_detail(self, field: impl Into<String>, message: impl Into<String>) -> Self {
        self.with_details([FieldError { field: field.into(), message: message.into() }])
    }

    /// Sets `Retry-After`. Without it, an error with status 503 or 504 has 1 s.
    #[must_use]
    pub fn with_retry_after(self, seconds: u32) -> Self {
        Self::Other(Failure { retry_after_seconds: Some(seconds), ..self.into_failure() })
    }

    /// Sets the cause. It goes to the log, never to the client.
    #[must_use]
    pub fn with_cause(self, cause: Cause) -> Self {
        Self::Other(Failure { cause: Some(cause), ..self.into_failure() })
    }

    /// Makes the error for one invalid field.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field: field.into(), message: message.into() }])
    }

    /// Maps the error to HTTP: its code, which has its status, and what goes with it.
    pub fn into_failure(self) -> Failure {
        let error = match self {
            Self::Other(failure) => return failure,
            Self::Invalid(fields) => {
                Self::new(Code::ValidationFailed, sentence(&fields)).with_details(fields)
            }
            Self::Malformed(error) => {
                Self::new(Code::MalformedJson, "Invalid JSON format").with_details([error])
            }
            Self::MalformedMultipart(reason) => {
                Self::new(Code::MalformedMultipart, "Invalid multipart/form-data").with_detail("body", reason)
            }
            Self::TooLarge { limit, size } => Self::new(
                Code::BodyTooLarge,
                format!("The body must have at most {limit} bytes, but has {size}"),
            ),
            Self::ContentCoding => Self::new(
                Code::UnsupportedContentEncoding,
                "The body must be sent without a Content-Encoding",
            ),
            Self::UnsupportedMediaType(expected) => {
                Self::new(Code::UnsupportedMediaType, format!("The Content-Type must be {expected}"))
            }
            Self::NotAcceptable => {
                Self::new(Code::NotAcceptable, "No available representation matches the Accept header")
            }
            Self::Unauthorized(what) => {
                let (code, message) = what.outward();
                Self::new(code, message)
            }
            Self::Forbidden(why) => Self::new(Code::Forbidden, why),
            Self::RecentSignInRequired => Self::new(
                Code::RecentSignInRequired,
                "Sign in again to do this: the last sign-in was more than five minutes ago",
            ),
            Self::NotFound(what) => Self::new(Code::NotFound, format!("{what} not found")),
            Self::KeyReused => Self::new(
                Code::IdempotencyKeyReused,
                "The Idempotency-Key was already used for another request",
            ),
            Self::PreconditionFailed(why) => Self::new(Code::PreconditionFailed, why),
            Self::Contended => {
                Self::new(Code::Contended, "Concurrent requests keep changing the resource, try again")
            }
            Self::RateLimited { policy, retry_after_seconds } => {
                let message = format!("Too many requests, try again in {retry_after_seconds} s");
                let failure = Failure::new(Code::RateLimited, message.into());
                Self::Other(Failure { violated_policy: Some(policy), ..failure })
                    .with_retry_after(retry_after_seconds)
            }
            Self::TimedOut => Self::new(Code::Unavailable, UNAVAILABLE),
            Self::Unavailable(cause) => Self::new(Code::Unavailable, UNAVAILABLE).with_cause(cause),
            Self::Internal(cause) => Self::new(Code::InternalError, INTERNAL_ERROR).with_cause(cause),
        };
        error.into_failure()
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        self.into_failure().into_response()
    }
}

/// Joins the messages, as in `email is required; name must have 1 to 100 characters`, and cuts off after a few.
fn sentence(fields: &[FieldError]) -> String {
    const SHOWN: usize = 3;
    let mut sentences: Vec<String> =
        fields.iter().take(SHOWN).map(|error| format!("{} {}", error.field, error.message)).collect();
    if fields.len() > SHOWN {
        sentences.push(format!("and {} more", fields.len() - SHOWN));
    }
    sentences.join("; ")
}

#[cfg(feature = "store")]
impl From<crate::store::Error> for Error {
    fn from(error: crate::store::Error) -> Self {
        use crate::store::{Error as Store, Unique};
        match error {
            Store::Taken(Unique::Email) => Self::new(Code::EmailTaken, "User with this email already exists"),
            Store::Taken(Unique::Title) => Self::new(Code::TitleTaken, "Post with this title already exists"),
            // The store answers a repetition itself. If one came here, its client could retry.
            Store::Stale | Store::Repeated => Self::Contended,
            Store::KeyReused => Self::KeyReused,
            Store::TooManyGrams => Self::field("name", "must have fewer different parts"),
            Store::QuotaExceeded => {
                Self::new(Code::QuotaExceeded, "The user has the maximum number or total size of files")
            }
            Store::Unavailable(cause) => Self::Unavailable(cause.into()),
            Store::Internal(cause) => Self::Internal(cause.into()),
        }
    }
}

#[cfg(feature = "objects")]
impl From<crate::uploads::Error> for Error {
    fn from(error: crate::uploads::Error) -> Self {
        match error {
            crate::uploads::Error::Store(error) => error.into(),
            crate::uploads::Error::Objects(error) => error.into(),
        }
    }
}

#[cfg(feature = "objects")]
impl From<crate::objects::Error> for Error {
    fn from(error: crate::objects::Error) -> Self {
        use crate::objects::Error as Objects;
        match error {
            Objects::Changed => Self::Contended,
            Objects::Unavailable(cause) => Self::Unavailable(cause.into()),
            Objects::Internal(cause) => Self::Internal(cause.into()),
            Objects::Missing => Self::Internal(std::sync::Arc::new(error)),
        }
    }
}

#[cfg(feature = "store")]
impl crate::store::IsStale for Error {
    fn is_stale(&self) -> bool {
        matches!(self, Self::Contended)
    }
}
