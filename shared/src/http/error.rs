//! The one error of all handlers, and its one mapping to HTTP.

use std::borrow::Cow;
use std::sync::Arc;

use axum::http::header::{ACCEPT_ENCODING, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::{Code, Unauthorized};
use crate::domain::{FileSize, MAX_BYTES_PER_USER, MAX_FILES_PER_USER, MAX_UPLOAD_BYTES};

/// Why a request was not done.
#[derive(Debug)]
pub enum Error {
    /// Fields of the body or the query that can not be used: all of them.
    Invalid(Vec<FieldError>),
    /// A body that is no JSON object; says where it stopped being one, or which member is there twice.
    Malformed(FieldError),
    /// There is no `q` to search for.
    MissingQuery,
    /// A body of more bytes than the limit.
    TooLarge {
        /// Bytes that it may have.
        limit: usize,
        /// Bytes that it has, at least.
        size: u64,
    },
    /// A body with a content coding, such as gzip.
    ContentCoding,
    /// There is no `Stripe-Signature`.
    MissingSignature,
    /// The `Stripe-Signature` is not Stripe's for this body at this time; what is wrong with it goes to the log alone.
    InvalidSignature(Cause),
    /// A body that is no `multipart/form-data`; says where it stopped being one.
    MalformedMultipart(String),
    /// A form without a file, and whatever else is wrong with it.
    NoFile(Vec<FieldError>),
    /// A file that is too large for the body of a request.
    FileTooLarge,
    /// A body of another media type than this one.
    UnsupportedMediaType(&'static str),
    /// The client accepts no media type that there is.
    NotAcceptable,
    /// No, or no valid, access token or session.
    Unauthorized(Unauthorized),
    /// The caller may not do this; says why in a sentence.
    Forbidden(&'static str),
    /// No entity of this name with the id in the path.
    NotFound(&'static str),
    /// Another user has the e-mail address.
    EmailTaken,
    /// Another post has the title.
    TitleTaken,
    /// The `Idempotency-Key` is that of another request.
    KeyReused,
    /// The user has as many files, or as many bytes of them, as one may have.
    QuotaExceeded,
    /// The entity is not in the state that the request expects; says how in a sentence.
    PreconditionFailed(&'static str),
    /// Others changed the entity again and again at the same moment.
    Contended,
    /// Too many requests of this kind came from this caller, account or address.
    RateLimited {
        /// The policy's name.
        policy: &'static str,
        /// Seconds until the policy lets the next one through.
        retry_after_seconds: u32,
    },
    /// The time that Lambda gives a request is nearly over.
    TimedOut,
    /// A service that this one asks gave no answer that can be used.
    BadGateway(Cause),
    /// A service that this one asks did not answer in time.
    GatewayTimeout(Cause),
    /// Somebody else's fault that passes in so many seconds, or later.
    UnavailableFor(u32, Cause),
    /// Somebody else's fault that passes.
    Unavailable(Cause),
    /// A defect of ours.
    Internal(Cause),
}

/// A field that can not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// The name of the member of the body, of the query parameter or of the header.
    #[schema(example = "title")]
    pub field: String,
    /// The reason, for people.
    #[schema(example = "must have 5 to 200 characters")]
    pub message: String,
}

/// Goes to the log, never to the client.
pub(crate) type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// Seconds after which a client may try again what failed for a passing reason.
const RETRY_AFTER_SECONDS: u32 = 1;

/// An error as HTTP has it; [`respond`](super::respond) gives it its body.
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
    /// One field that can not be used.
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
                (Code::NotAcceptable, "There is no representation that the Accept header allows".into())
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
                "The Idempotency-Key was sent with another request before".into(),
            ),
            Self::QuotaExceeded => (
                Code::QuotaExceeded,
                format!(
                    "The user's files may be {MAX_FILES_PER_USER} and have {MAX_BYTES_PER_USER} bytes together"
                )
                .into(),
            ),
            Self::PreconditionFailed(why) => (Code::PreconditionFailed, (*why).into()),
            Self::Contended => {
                (Code::Contended, "The resource is being changed by many at once, try again".into())
            }
            Self::RateLimited { retry_after_seconds, .. } => (
                Code::RateLimited,
                format!("Too many requests, try again in {retry_after_seconds} s").into(),
            ),
            Self::BadGateway(_) => {
                (Code::BadGateway, "A service behind this one gave no usable answer".into())
            }
            Self::GatewayTimeout(_) => (
                Code::GatewayTimeout,
                "A service behind this one did not answer in time, try again".into(),
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
            // RFC 9110, section 12.5.3: what a client may send instead.
            Self::ContentCoding => Some((ACCEPT_ENCODING, "identity".to_owned())),
            _ => None,
        };
        self.into_failure().into_response_with(header)
    }
}

impl Failure {
    /// Returns the failure that an answer without a body of ours stands for, such as the router's own 404 and 405. It names
    /// what was asked for, `POST /api/userz`, and what is there instead.
    pub(super) fn of_status(status: StatusCode, asked: &str, allowed: &str) -> Self {
        let (code, message): (_, Cow<'static, str>) = match status {
            StatusCode::NOT_FOUND => (
                Code::NotFound,
                format!("There is nothing at {asked}: /api/docs describes what there is").into(),
            ),
            StatusCode::METHOD_NOT_ALLOWED => {
                (Code::MethodNotAllowed, format!("There is no {asked}: the path takes {allowed}").into())
            }
            _ if status.is_client_error() => (Code::BadRequest, "The request can not be read".into()),
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

/// `email is required; name must have 1 to 100 characters`, cut after a few.
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
            // The store handles a payment that is already recorded; the error never leaves it.
            Store::Taken(Unique::Payment) => {
                Self::Internal(Arc::from(Box::from("the payment is already recorded")))
            }
            // One that was done before is answered by the store; were it not, its client may well try again.
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
