use std::collections::BTreeMap;

use super::encodings::{encoded_words, extended, percent_decoded};
use crate::http::content_type::with_parameters;

/// The name of a part (RFC 7578, section 4.2).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Disposition {
    pub(super) name: String,
    pub(super) file_name: Option<String>,
}

impl Disposition {
    /// Parses a `Content-Disposition`.
    pub(super) fn parse(value: &str) -> Result<Self, String> {
        let (kind, parameters) = with_parameters(value);
        if kind != "form-data" {
            return Err("the Content-Disposition is not form-data".to_owned());
        }
        let name = parameter(&parameters, "name")?.ok_or("the Content-Disposition has no name")?;
        let file_name = parameter(&parameters, "filename")?;
        Ok(Self { name, file_name })
    }
}

/// Returns the value of a parameter in any notation. A value with a charset (`name*=`, RFC 8187) takes precedence over
/// one without, and this over one in pieces (`name*0=`, RFC 2231).
fn parameter(parameters: &[(String, String)], name: &str) -> Result<Option<String>, String> {
    let (mut with_charset, mut without, mut pieces) = (None, None, BTreeMap::new());
    for (other, value) in parameters {
        let earlier = match other.strip_prefix(name).map(|suffix| suffix.strip_prefix('*').ok_or(suffix)) {
            Some(Err("")) => without.replace(plain(value)).is_some(),
            Some(Ok("")) => with_charset.replace(extended(value)).is_some(),
            Some(Ok(number)) => {
                let is_extended = number.ends_with('*');
                let Ok(number) = number.trim_end_matches('*').parse::<usize>() else { continue };
                pieces.insert(number, (is_extended, &**value)).is_some()
            }
            _ => false,
        };
        if earlier {
            return Err(format!("the Content-Disposition has {name} twice"));
        }
    }
    // If the charset is unknown, the plain value is used.
    Ok(with_charset.flatten().or(without).or_else(|| joined(&pieces)))
}

/// Decodes a value without a charset: UTF-8, in which browsers write quotes and line ends as `%22`, `%0D` and `%0A`
/// (HTML Standard, section 4.10.21.8), and some clients encode the whole value as in a mail (RFC 2047).
fn plain(value: &str) -> String {
    encoded_words(value).unwrap_or_else(|| percent_decoded(value))
}

/// Joins pieces in their order. The first tells whether there is a charset; if so, a piece without `*` is literal.
fn joined(pieces: &BTreeMap<usize, (bool, &str)>) -> Option<String> {
    let (has_charset, _) = pieces.get(&0)?;
    let whole = pieces.values().map(|(is_extended, piece)| match (has_charset, is_extended) {
        (true, false) => piece.replace('%', "%25"),
        _ => (*piece).to_owned(),
    });
    let whole: String = whole.collect();
    if *has_charset { extended(&whole) } else { Some(whole) }
}
