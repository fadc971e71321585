use axum::http::HeaderMap;
use axum::http::header::COOKIE;

/// Returns the name and the value of each cookie, from all lines of the header (RFC 6265, section 5.4).
///
/// They are bytes, because other hosts of the site may set any cookies, and none of these may hide another cookie. As
/// in browsers, only spaces and tabs around a name and a value are trimmed. If all Unicode white space was trimmed, a
/// cookie that a sibling host can set would pass for one with the prefix `__Host-`. A pair without a name is not a
/// cookie.
pub fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], &[u8])> {
    let pairs = headers.get_all(COOKIE).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    pairs.filter_map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (trim(&pair[..at]), trim(&pair[at + 1..]));
        (!name.is_empty()).then_some((name, value))
    })
}

fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn headers(lines: &[&[u8]]) -> HeaderMap {
        lines.iter().map(|line| (COOKIE, HeaderValue::from_bytes(line).unwrap())).collect()
    }

    #[test]
    fn odd_cookies_hide_no_other_one() {
        let own: (&[u8], &[u8]) = (b"own", b"a=b");
        for other in [
            &b""[..],
            b" ",
            b"a",
            b"=x",
            b"==",
            b"a=",
            b"a=\"b",
            b"a=b\"; c",
            b"a={\"j\":\"k\"}",
            b"a=%ff",
            b"a=\xff\xfe",
            b"\xc3\x28=1",
            b"a=Zo\xc3\xab",
            b"a=b,c",
            b"$Version=1",
            b"a b=c d",
            b"\ta\t=\tb\t",
        ] {
            for lines in [[other, &b"; own=a=b"[..]].concat(), [&b"own=a=b;"[..], other].concat()] {
                assert!(cookies(&headers(&[&lines])).any(|cookie| cookie == own), "{}", lines.escape_ascii());
            }
            assert!(cookies(&headers(&[other, b" own\t= a=b "])).any(|cookie| cookie == own));
        }
    }

    #[test]
    fn a_name_is_compared_byte_by_byte() {
        for other in ["OWN", "\u{a0}own", "own\u{a0}", "\u{2003}own", "\u{feff}own", "\"own\"", "%6fwn"] {
            let headers = headers(&[format!("{other}=1").as_bytes()]);
            assert!(cookies(&headers).all(|(name, _)| name == other.as_bytes()), "{other}");
        }
    }

    proptest! {
        #[test]
        fn no_header_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                cookies(&HeaderMap::from_iter([(COOKIE, value)])).for_each(drop);
            }
        }
    }
}
