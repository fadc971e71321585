//! HTTP requests and responses: errors, JSON, lists, conditional requests, and [`serve`], which every `main.rs` calls.

mod accept;
mod body;
mod code;
mod conditional;
mod content_type;
mod cookies;
mod cursor;
mod error;
mod event;
mod failure;
mod field;
mod fields;
#[cfg(feature = "store")]
mod idempotent;
mod input;
mod json;
mod json_text;
mod list;
mod member;
#[cfg(feature = "multipart")]
mod multipart;
mod openapi;
mod path;
mod preconditions;
mod query;
#[cfg(feature = "store")]
mod quota_policy;
#[cfg(feature = "store")]
mod rate_limit;
mod rate_limit_fields;
mod respond;
mod routes;
mod serve;
#[cfg(feature = "store")]
mod source_address;
mod streamed;
mod unauthorized;
mod user_agent;
mod validators;

pub use accept::{HTML, JSON, check_acceptable};
pub use body::read_body;
pub use code::Code;
pub use conditional::{Fixed, Resource};
pub use content_type::ContentType;
pub use cookies::cookies;
pub use cursor::CursorKey;
pub use error::Error;
pub use failure::{Failure, FieldError};
#[cfg(feature = "auth")]
pub(crate) use field::{OWS, value as field_value};
pub use fields::{Change, Fields, FromFields};
#[cfg(feature = "store")]
pub use idempotent::{IdempotencyParams, Idempotent, Replayed, RequestKey};
pub use input::Members;
pub use json::{Json, JsonObject, MAX_JSON_BYTES, json_object};
pub use list::{ListRequest, Pagination};
pub use member::from_json;
#[cfg(feature = "multipart")]
pub use multipart::{FormPart, MultipartForm};
pub use openapi::{AnyObject, FixedParams, ListParams, ReadParams, WriteParams};
pub use path::{EntityId, PathId, PathIds};
pub use preconditions::Preconditions;
pub use query::Query;
#[cfg(feature = "store")]
pub use quota_policy::{QuotaPolicy, Scale};
#[cfg(feature = "store")]
pub use rate_limit::RateLimits;
pub use respond::{ErrorBody, ProblemDetails, chain, respond};
pub use routes::{Route, Routes};
#[doc(hidden)]
pub use routes::{described_routes, paste};
pub use serve::{serve, serve_as, serve_stream};
#[cfg(feature = "store")]
pub use source_address::SourceAddress;
pub use streamed::Streamed;
pub use unauthorized::Unauthorized;
pub use validators::Validators;
