//! Values of header fields (RFC 9110, section 5).

use std::borrow::Cow;

use axum::http::{HeaderMap, HeaderName};

/// Optional white space (RFC 9110, section 5.6.3).
pub(crate) const OWS: [char; 2] = [' ', '\t'];

/// Returns the whole value of a field. Several lines with the same name form one list, whether a gateway has joined
/// them or not.
pub(crate) fn value<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Cow<'a, str>> {
    let mut lines = headers.get_all(name).iter().map(|line| String::from_utf8_lossy(line.as_bytes()));
    let first = lines.next()?;
    Some(lines.fold(first, |value, line| value + "," + line))
}

/// Splits a value at each `separator` outside quotes, and trims the parts. A backslash escapes the next character of a
/// quoted string (RFC 9110, section 5.6.4).
pub(super) fn split(value: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let parts = value.split(move |character| {
        if is_escaped {
            is_escaped = false;
            return false;
        }
        match character {
            '"' => is_quoted = !is_quoted,
            '\\' => is_escaped = is_quoted,
            _ => {}
        }
        character == separator && !is_quoted
    });
    parts.map(|part| part.trim_matches(OWS))
}
