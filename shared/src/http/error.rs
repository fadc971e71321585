//! The only error of handlers, and its only mapping to HTTP.

use std::borrow::Cow;
use std::sync::Arc;

use axum::http::header::{ACCEPT_ENCODING, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::{Code, Unauthorized};
use crate::domain::{FileSize, MAX_BYTES_PER_USER, MAX_FILES_PER_USER, MAX_UPLOAD_BYTES};

/// The reason why a request failed.
#[derive(Debug)]
pub enum Error {
    /// Fields of the body or the query are invalid; all of them are listed.
    Invalid(Vec<FieldError>),
    /// The body is not a JSON object; the error names the position, or the member that occurs twice.
    Malformed(FieldError),
    /// The search has no `q`.
    MissingQuery,
    /// The body exceeds the limit.
    TooLarge {
        /// The limit in bytes.
        limit: usize,
        /// The size in bytes, or a lower bound of it.
        size: u64,
    },
    /// The body has a content coding, such as gzip.
    ContentCoding,
    /// The request has no `Stripe-Signature`.
    MissingSignature,
    /// The `Stripe-Signature` is invalid. Only the log contains the reason.
    InvalidSignature(Cause),
    /// The body is not `multipart/form-data`; the error names the position.
    MalformedMultipart(String),
    /// The form has no file; other mistakes are listed as well.
    NoFile(Vec<FieldError>),
    /// The file is too large for a request body.
    FileTooLarge,
    /// The body's media type is not this one.
    UnsupportedMediaType(&'static str),
    /// The client accepts none of the available media types.
    NotAcceptable,
    /// The access token or session is missing or invalid.
    Unauthorized(Unauthorized),
    /// The caller has no permission; the text is the reason, a sentence.
    Forbidden(&'static str),
    /// The path names no entity of this kind.
    NotFound(&'static str),
    /// Another user has the e-mail address.
    EmailTaken,
    /// Another post has the title.
    TitleTaken,
    /// The `Idempotency-Key` was used for another request.
    KeyReused,
    /// The user has the maximum number or total size of files.
    QuotaExceeded,
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
    /// An upstream service gave no usable answer.
    BadGateway(Cause),
    /// An upstream service did not answer in time.
    GatewayTimeout(Cause),
    /// A temporary fault of another service, for at least this many seconds.
    UnavailableFor(u32, Cause),
    /// A temporary fault of another service.
    Unavailable(Cause),
    /// A defect of this API.
    Internal(Cause),
}

/// An invalid field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// The name of the member of the body, of the query parameter or of the header.
    #[schema(example = "title")]
    pub field: String,
    /// The reason, for people.
    #[schema(example = "must have 5 to 200 characters")]
    pub message: String,
}

/// The cause of an error, which is logged and never sent to the client.
pub(crate) type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// The seconds after which a client may retry a request that failed temporarily.
const RETRY_AFTER_SECONDS: u32 = 1;

/// An error in terms of HTTP; [`respond`](super::respond) adds its body.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", code.as_str())]
pub(super) struct Failure {
    pub(super) code: Code,
    pub(super) message: Cow<'static, str>,
    pub(super) details: Vec<FieldError>,
    /// The rate limit that the request exceeded.
    pub(super) violated_policy: Option<&'static str>,
    pub(super) retry_after_seconds: Option<u32>,
    pub(super) cause: Option<Cause>,
}

impl Error {
    /// Makes the error for one invalid field.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field: field.into(), message: message.into() }])
    }

    /// Returns code and message.
    fn outward(&self) -> (Code, Cow<'static, str>) {
        match self {
            Self::Invalid(fields) => (Code::ValidationFailed, sentence(fields).into()),
            Self::Malformed(_) => (Code::MalformedJson, "Invalid JSON format".into()),
            Self::MissingQuery => (Code::MissingQuery, "Query parameter required".into()),
            Self::TooLarge { limit, size } => (
                Code::BodyTooLarge,
                format!("The body must have at most {limit} bytes, but has {size}").into(),
            ),
            Self::ContentCoding => (
                Code::UnsupportedContentEncoding,
                "The body must be sent without a Content-Encoding".into(),
            ),
            Self::MissingSignature => (Code::MissingSignature, "Stripe-Signature header required".into()),
            Self::InvalidSignature(_) => (Code::InvalidSignature, "Invalid Stripe-Signature".into()),
            Self::MalformedMultipart(_) => (Code::MalformedMultipart, "Invalid multipart/form-data".into()),
            Self::NoFile(_) => (Code::NoFile, "No file uploaded".into()),
            Self::FileTooLarge => (
                Code::FileTooLarge,
                format!(
                    "The file must have at most {MAX_UPLOAD_BYTES} bytes; POST /api/upload/presign takes up to {}",
                    FileSize::MAX_BYTES
                )
                .into(),
            ),
            Self::UnsupportedMediaType(expected) => {
                (Code::UnsupportedMediaType, format!("The Content-Type must be {expected}").into())
            }
            Self::NotAcceptable => {
                (Code::NotAcceptable, "No available representation matches the Accept header".into())
            }
            Self::Unauthorized(what) => {
                let (code, message) = what.outward();
                (code, message.into())
            }
            Self::Forbidden(why) => (Code::Forbidden, (*why).into()),
            Self::NotFound(what) => (Code::NotFound, format!("{what} not found").into()),
            Self::EmailTaken => (Code::EmailTaken, "User with this email already exists".into()),
            Self::TitleTaken => (Code::TitleTaken, "Post with this title already exists".into()),
            Self::KeyReused => (
                Code::IdempotencyKeyReused,
                "The Idempotency-Key was already used for another request".into(),
            ),
            Self::QuotaExceeded => (
                Code::QuotaExceeded,
                format!(
                    "A user may have at most {MAX_FILES_PER_USER} files with {MAX_BYTES_PER_USER} bytes in total"
                )
                .into(),
            ),
            Self::PreconditionFailed(why) => (Code::PreconditionFailed, (*why).into()),
            Self::Contended => {
                (Code::Contended, "Concurrent requests keep changing the resource, try again".into())
            }
            Self::RateLimited { retry_after_seconds, .. } => (
                Code::RateLimited,
                format!("Too many requests, try again in {retry_after_seconds} s").into(),
            ),
            Self::BadGateway(_) => {
                (Code::BadGateway, "An upstream service gave no usable answer".into())
            }
            Self::GatewayTimeout(_) => (
                Code::GatewayTimeout,
                "An upstream service did not answer in time, try again".into(),
            ),
            Self::TimedOut | Self::Unavailable(_) | Self::UnavailableFor(..) => {
                (Code::Unavailable, "The service is temporarily unavailable, try again".into())
            }
            Self::Internal(_) => (Code::InternalError, "Internal server error".into()),
        }
    }

    pub(super) fn into_failure(self) -> Failure {
        let (code, message) = self.outward();
        let (violated_policy, retry_after_seconds) = match self {
            Self::RateLimited { policy, retry_after_seconds } => (Some(policy), Some(retry_after_seconds)),
            Self::UnavailableFor(seconds, _) => (None, Some(seconds)),
            _ if matches!(code.status(), StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT) => {
                (None, Some(RETRY_AFTER_SECONDS))
            }
            _ => (None, None),
        };
        let (details, cause) = match self {
            Self::Invalid(fields) | Self::NoFile(fields) => (fields, None),
            Self::MissingQuery => {
                (vec![FieldError { field: "q".into(), message: "is required".into() }], None)
            }
            Self::Malformed(error) => (vec![error], None),
            Self::MalformedMultipart(place) => {
                (vec![FieldError { field: "body".into(), message: place }], None)
            }
            Self::InvalidSignature(cause)
            | Self::BadGateway(cause)
            | Self::GatewayTimeout(cause)
            | Self::UnavailableFor(_, cause)
            | Self::Unavailable(cause)
            | Self::Internal(cause) => (Vec::new(), Some(cause)),
            _ => (Vec::new(), None),
        };
        Failure { code, message, details, violated_policy, retry_after_seconds, cause }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let header = match &self {
            Self::Unauthorized(what) => what.challenge().map(|challenge| (WWW_AUTHENTICATE, challenge)),
            // RFC 9110, section 12.5.3: the header tells the client which codings are accepted.
            Self::ContentCoding => Some((ACCEPT_ENCODING, "identity".to_owned())),
            _ => None,
        };
        self.into_failure().into_response_with(header)
    }
}

impl Failure {
    /// Returns the failure for an answer without a body of ours, such as the router's own 404 and 405. The message
    /// names the request, such as `POST /api/userz`, and the allowed methods.
    pub(super) fn of_status(status: StatusCode, asked: &str, allowed: &str) -> Self {
        let (code, message): (_, Cow<'static, str>) = match status {
            StatusCode::NOT_FOUND => (
                Code::NotFound,
                format!("There is nothing at {asked}: /api/docs describes what there is").into(),
            ),
            StatusCode::METHOD_NOT_ALLOWED => {
                (Code::MethodNotAllowed, format!("There is no {asked}: the path takes {allowed}").into())
            }
            _ if status.is_client_error() => (Code::BadRequest, "The request cannot be read".into()),
            _ => (Code::InternalError, "Internal server error".into()),
        };
        Self {
            code,
            message,
            details: Vec::new(),
            violated_policy: None,
            retry_after_seconds: None,
            cause: None,
        }
    }

    fn into_response_with(self, header: Option<(HeaderName, String)>) -> Response {
        let mut response = self.code.status().into_response();
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        if let Some((name, value)) = header
            && let Ok(value) = HeaderValue::try_from(value)
        {
            response.headers_mut().insert(name, value);
        }
        response.extensions_mut().insert(self);
        response
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
            Store::Taken(Unique::Email) => Self::EmailTaken,
            Store::Taken(Unique::Title) => Self::TitleTaken,
            // The store answers a repetition itself. If one came here, its client could retry.
            Store::Stale | Store::Repeated => Self::Contended,
            Store::KeyReused => Self::KeyReused,
            Store::TooManyGrams => Self::field("name", "must have fewer different parts"),
            Store::QuotaExceeded => Self::QuotaExceeded,
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
            Objects::Missing => Self::Internal(Arc::new(error)),
        }
    }
}

#[cfg(feature = "store")]
impl crate::store::IsStale for Error {
    fn is_stale(&self) -> bool {
        matches!(self, Self::Contended)
    }
}
