use proptest::prelude::*;
use reqwest::header::{COOKIE, HeaderMap, HeaderValue};
use shared::http::cookies;

use crate::changes::changed;

const NAME: &[u8] = b"__Host-sessionId";

const TEXTS: [&str; 3] = [
    "__Host-sessionId=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "theme=dark; __Host-sessionId=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA; a=\"b; c\"",
    "a;=;==; \u{2000}__Host-sessionId=x;\t__Host-sessionId\t=y",
];

const PIECES: &[&str] =
    &[";", "; ", "=", "\"", "\t", " ", "\u{a0}", "\u{2000}", "\u{feff}", "__Host-sessionId", "__host-"];

proptest! {
    #[test]
    fn a_cookie_of_a_name_stands_between_semicolons_with_exactly_these_bytes(text in changed(&TEXTS, PIECES)) {
        let Ok(header) = HeaderValue::from_bytes(&text) else { return Ok(()) };
        let headers = HeaderMap::from_iter([(COOKIE, header)]);
        let found = cookies(&headers).filter(|(name, _)| *name == NAME).map(|(_, value)| value.to_vec());
        // Counted independently: strip the few bytes that browsers strip.
        let expected = text.split(|byte| *byte == b';').filter_map(|pair| {
            let pair = strip(pair).strip_prefix(NAME)?;
            let value = strip(pair).strip_prefix(b"=")?;
            Some(strip(value).to_vec())
        });
        prop_assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }
}

fn strip(text: &[u8]) -> &[u8] {
    let is_kept = |byte: &u8| *byte != b' ' && *byte != b'\t';
    let Some(start) = text.iter().position(is_kept) else { return &[] };
    let end = text.iter().rposition(is_kept).unwrap();
    &text[start..=end]
}
