use axum::http::StatusCode;
use serde::{Serialize, Serializer};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Defines each code once: its meaning, its status and its name on the wire.
macro_rules! codes {
    ($(#[doc = $meaning:literal] $code:ident = $status:ident $name:literal,)+) => {
        /// The reason of an error, for programs. Each has one status.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $meaning] $code,)+
        }

        impl Code {
            /// All codes, ordered by status.
            pub const ALL: &[Self] = &[$(Self::$code),+];

            /// Returns the code as it is sent.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$code => $name,)+ }
            }

            /// Returns the status of every answer with this code.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$code => StatusCode::$status,)+ }
            }

            /// Returns the meaning of the code in a sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$code => $meaning.trim_ascii(),)+ }
            }
        }
    };
}

codes! {
    /// The request cannot be read.
    BadRequest = BAD_REQUEST "bad_request",
    /// Members of the body, query parameters or headers have invalid values.
    ValidationFailed = BAD_REQUEST "validation_failed",
    /// The body is not a JSON object in UTF-8, or a member occurs twice.
    MalformedJson = BAD_REQUEST "malformed_json",
    /// The body is not valid `multipart/form-data`.
    MalformedMultipart = BAD_REQUEST "malformed_multipart",
    /// The form has no file.
    NoFile = BAD_REQUEST "no_file",
    /// The search has no `q`.
    MissingQuery = BAD_REQUEST "missing_query",
    /// The request has no `Stripe-Signature`.
    MissingSignature = BAD_REQUEST "missing_signature",
    /// The `Stripe-Signature` does not match the body, or is too old.
    InvalidSignature = BAD_REQUEST "invalid_signature",
    /// The link of a mail has been used, has expired, or never existed.
    InvalidLink = BAD_REQUEST "invalid_link",
    /// The operation requires an access token, and the request has none.
    MissingToken = UNAUTHORIZED "missing_token",
    /// The token is malformed or has been revoked, even if the operation does not require one.
    InvalidToken = UNAUTHORIZED "invalid_token",
    /// The access token has expired, even if the operation does not require one; use the refresh token.
    TokenExpired = UNAUTHORIZED "token_expired",
    /// The e-mail address and the password do not match an account.
    InvalidCredentials = UNAUTHORIZED "invalid_credentials",
    /// The request has no session cookie.
    NoSession = UNAUTHORIZED "no_session",
    /// The session has ended or never existed.
    InvalidSession = UNAUTHORIZED "invalid_session",
    /// The request has no session cookie, or the session has ended.
    NotAuthenticated = UNAUTHORIZED "not_authenticated",
    /// The caller has no permission, or the request comes from a page without permission.
    Forbidden = FORBIDDEN "forbidden",
    /// The operation needs a sign-in of the last five minutes, or in `PUT /api/profile` the `currentPassword`.
    RecentSignInRequired = FORBIDDEN "recent_sign_in_required",
    /// The resource does not exist, or the caller has no permission to see it.
    NotFound = NOT_FOUND "not_found",
    /// The path does not support the method; `Allow` lists the supported ones.
    MethodNotAllowed = METHOD_NOT_ALLOWED "method_not_allowed",
    /// The `Accept` header rules out every available media type.
    NotAcceptable = NOT_ACCEPTABLE "not_acceptable",
    /// Another user has this e-mail address.
    EmailTaken = CONFLICT "email_taken",
    /// Another post has this title.
    TitleTaken = CONFLICT "title_taken",
    /// The user has reached the maximum number or total size of files.
    QuotaExceeded = CONFLICT "quota_exceeded",
    /// The resource is not in the state that the request expects; usually it has changed since the client read it.
    PreconditionFailed = PRECONDITION_FAILED "precondition_failed",
    /// The body is too large.
    BodyTooLarge = PAYLOAD_TOO_LARGE "body_too_large",
    /// The file is too large for a request body; `POST /api/upload/presign` accepts larger ones.
    FileTooLarge = PAYLOAD_TOO_LARGE "file_too_large",
    /// The body has a `Content-Type` that the operation does not accept.
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE "unsupported_media_type",
    /// The body has a `Content-Encoding`, such as gzip.
    UnsupportedContentEncoding = UNSUPPORTED_MEDIA_TYPE "unsupported_content_encoding",
    /// The `Idempotency-Key` was already used for a different request.
    IdempotencyKeyReused = UNPROCESSABLE_ENTITY "idempotency_key_reused",
    /// The caller, the account or the address has sent too many requests.
    RateLimited = TOO_MANY_REQUESTS "rate_limited",
    /// The API has a defect; only its log contains the cause.
    InternalError = INTERNAL_SERVER_ERROR "internal_error",
    /// An upstream service did not return a usable response.
    BadGateway = BAD_GATEWAY "bad_gateway",
    /// The service is temporarily unavailable.
    Unavailable = SERVICE_UNAVAILABLE "unavailable",
    /// Concurrent requests kept changing the resource.
    Contended = SERVICE_UNAVAILABLE "contended",
    /// An upstream service did not respond in time.
    GatewayTimeout = GATEWAY_TIMEOUT "gateway_timeout",
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        let names = Self::ALL.iter().map(|code| code.as_str());
        let text = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names));
        text.description(Some("The reason of an error, for programs. It never changes its meaning.")).into()
    }
}

impl ToSchema for Code {}
