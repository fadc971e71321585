use axum::body::Bytes;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode_str;

/// Padding is optional, because clients differ in it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Decodes text in one of the charsets that RFC 5987 requires. Other charsets are no longer in use.
pub(super) fn text(charset: &str, bytes: &[u8]) -> Option<String> {
    match &*charset.to_ascii_lowercase() {
        "utf-8" | "utf8" | "us-ascii" => String::from_utf8(bytes.to_vec()).ok(),
        "iso-8859-1" | "latin1" => Some(bytes.iter().copied().map(char::from).collect()),
        _ => None,
    }
}

/// Decodes `charset'language'percent-encoded` (RFC 8187, section 3.2).
pub(super) fn extended(value: &str) -> Option<String> {
    let mut parts = value.splitn(3, '\'');
    let (charset, _language, encoded) = (parts.next()?, parts.next()?, parts.next()?);
    text(charset, &percent_decode_str(encoded).collect::<Vec<u8>>())
}

/// Decodes the quotes and line ends that browsers encode, and nothing else: other percent signs are literal.
pub(super) fn percent_decoded(value: &str) -> String {
    let mut decoded = String::new();
    let mut rest = value;
    while let Some(at) = rest.find('%') {
        let (before, from) = rest.split_at(at);
        let character = match from.get(1..3).map(str::to_ascii_uppercase).as_deref() {
            Some("22") => Some('"'),
            Some("0D") => Some('\r'),
            Some("0A") => Some('\n'),
            _ => None,
        };
        decoded.push_str(before);
        decoded.push(character.unwrap_or('%'));
        rest = &from[if character.is_some() { 3 } else { 1 }..];
    }
    decoded + rest
}

/// Decodes a value that consists of encoded words only (RFC 2047, section 2).
pub(super) fn encoded_words(value: &str) -> Option<String> {
    let words: Option<Vec<String>> = value.split_whitespace().map(encoded_word).collect();
    words.filter(|words| !words.is_empty()).map(|words| words.concat())
}

fn encoded_word(word: &str) -> Option<String> {
    let mut parts = word.strip_prefix("=?")?.strip_suffix("?=")?.splitn(3, '?');
    let (charset, encoding, encoded) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes = match encoding {
        "B" | "b" => BASE64.decode(encoded).ok()?,
        "Q" | "q" => quoted_printable(encoded.replace('_', " ").as_bytes())?,
        _ => return None,
    };
    // A language may follow the charset (RFC 2231, section 5).
    text(charset.split('*').next()?, &bytes)
}

/// Decodes a `Content-Transfer-Encoding` (RFC 2045, section 6). HTTP does not need one, but some clients use it.
pub(super) fn transfer_decoded(encoding: &str, content: Bytes) -> Result<Bytes, String> {
    let decoded = match &*encoding.to_ascii_lowercase() {
        "" | "7bit" | "8bit" | "binary" => return Ok(content),
        "base64" => {
            let encoded: Vec<u8> =
                content.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
            BASE64.decode(encoded).ok()
        }
        "quoted-printable" => quoted_printable(&content),
        _ => return Err("the Content-Transfer-Encoding is not known".to_owned()),
    };
    decoded
        .map(Bytes::from)
        .ok_or_else(|| format!("the content is not {encoding}, as its Content-Transfer-Encoding says"))
}

/// Decodes quoted-printable text (RFC 2045, section 6.7).
fn quoted_printable(encoded: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    loop {
        rest = match rest {
            [] => return Some(decoded),
            // An equals sign at the end of a line continues the line.
            [b'=', b'\r', b'\n', rest @ ..] => rest,
            [b'=', high, low, rest @ ..] => {
                let digit = |digit: u8| char::from(digit).to_digit(16);
                decoded.push(u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()?);
                rest
            }
            [b'=', ..] => return None,
            [byte, rest @ ..] => {
                decoded.push(*byte);
                rest
            }
        };
    }
}
