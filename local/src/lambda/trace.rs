//! Trace ids, as X-Ray writes them.
//!
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>

use http::HeaderMap;
use uuid::Uuid;

use crate::clock;

/// Returns the trace that the client sent, or a new one.
pub(crate) fn of(headers: &HeaderMap) -> String {
    match headers.get("x-amzn-trace-id").and_then(|value| value.to_str().ok()) {
        Some(given) if given.starts_with("Root=") => given.to_owned(),
        _ => new(),
    }
}

/// Makes a new trace: the seconds since 1970 and 96 random bits, both in hexadecimal.
pub(crate) fn new() -> String {
    let random = &Uuid::new_v4().simple().to_string()[..24];
    format!("Root=1-{:08x}-{random}", clock::now().unix_timestamp())
}
