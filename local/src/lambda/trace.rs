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

/// Adds the parent segment and the decision not to sample, which Lambda passes to a function, to a trace without them.
pub(crate) fn with_parent(trace: &str) -> String {
    if trace.contains(";Parent=") {
        return trace.to_owned();
    }
    let parent = &Uuid::new_v4().simple().to_string()[..16];
    format!("{trace};Parent={parent};Sampled=0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hexadecimal(text: &str, length: usize) -> bool {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    }

    #[test]
    fn a_new_trace_has_the_form_of_x_ray() {
        let trace = new();
        let parts: Vec<&str> = trace.strip_prefix("Root=1-").unwrap().split('-').collect();
        assert!(hexadecimal(parts[0], 8) && hexadecimal(parts[1], 24) && parts.len() == 2, "{trace}");
    }

    #[test]
    fn a_function_gets_the_parent_that_the_client_sent_or_a_new_one() {
        let sent = "Root=1-a;Parent=b;Sampled=1";
        assert_eq!(with_parent(sent), sent);
        let made = with_parent("Root=1-a");
        let parent = made.strip_prefix("Root=1-a;Parent=").unwrap().strip_suffix(";Sampled=0").unwrap();
        assert!(hexadecimal(parent, 16), "{made}");
    }
}
