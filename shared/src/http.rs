//! HTTP in and out: errors, JSON, lists, conditional requests, and [`serve`], which every `main.rs` calls.

mod accept;
mod conditional;
mod cursor;
mod error;
mod event;
mod fields;
mod json;
mod list;
mod openapi;
mod path;
mod query;
mod respond;
mod serve;

pub use accept::{HTML, JSON};
pub use conditional::{ETag, Preconditions, Resource};
pub use cursor::CursorKey;
pub use error::{Error, FieldError, Unauthorized};
pub use fields::{Change, Fields, FromFields};
pub use json::Json;
pub use list::{ListRequest, Pagination};
pub use openapi::{Failed, ListParams, ReadParams, WriteParams};
pub use path::{Named, PathId};
pub use query::Query;
pub use respond::{ErrorBody, ProblemBody, respond};
pub use serve::{serve, serve_as};
