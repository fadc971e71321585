//! Content negotiation (RFC 9110, section 12).

use std::cmp::{Ordering, Reverse};

use axum::http::header::ACCEPT;
use axum::http::{Extensions, HeaderMap};

use super::Error;
use super::field::{OWS, split, value};

const PROBLEM_JSON: &str = "application/problem+json";

/// The media types that most functions answer with.
pub const JSON: &[&str] = &["application/json", PROBLEM_JSON];

/// The media types of a function with web pages: the pages and their resources.
pub const HTML: &[&str] =
    &["text/html", "text/css", "text/javascript", "image/png", "application/json", PROBLEM_JSON];

/// The media types of streamed answers: text, and JSON with a line for each item.
pub(super) const STREAMED: &[&str] =
    &["text/plain", "application/x-ndjson", "application/json", PROBLEM_JSON];

/// Marks a request whose client accepts none of the function's media types.
#[derive(Clone, Copy)]
struct NothingAcceptable;

/// Returns true if the client accepts any of `available`, and marks the request otherwise.
pub(super) fn negotiate(headers: &HeaderMap, available: &[&str], extensions: &mut Extensions) -> bool {
    let accepts_any = Accept::of(headers)
        .is_none_or(|accept| available.iter().any(|media_type| accept.preference(media_type).is_some()));
    if !accepts_any {
        extensions.insert(NothingAcceptable);
    }
    accepts_any
}

/// Refuses a request, before it has an effect, if its client does not accept the answer. Extractors of bodies call this
/// last, so that mistakes in the request itself are reported first.
pub fn check_acceptable(extensions: &Extensions) -> Result<(), Error> {
    match extensions.get::<NothingAcceptable>() {
        Some(NothingAcceptable) => Err(Error::NotAcceptable),
        None => Ok(()),
    }
}

/// Returns true if the client prefers errors as `application/problem+json` (RFC 9457).
pub(super) fn prefers_problem(headers: &HeaderMap) -> bool {
    Accept::of(headers)
        .is_some_and(|accept| accept.preference(PROBLEM_JSON) > accept.preference("application/json"))
}

/// The media ranges that a client accepts.
struct Accept(Vec<Range>);

/// A media range, such as `text/*;q=0.5`.
struct Range {
    /// `type/subtype`, without parameters.
    essence: String,
    /// True if it names parameters of a media type, such as `charset`.
    is_variant: bool,
    /// The weight from 0 (not acceptable) to 1.
    weight: f64,
}

impl Accept {
    /// Reads the header. Returns `None` if it contains no valid range.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let value = value(headers, &ACCEPT)?;
        let ranges: Vec<Range> = split(&value, ',').filter_map(Range::parse).collect();
        (!ranges.is_empty()).then_some(Self(ranges))
    }

    /// Returns the preference for a media type without parameters: the weight and the position of the most specific
    /// range that matches it. Returns `None` if the client does not accept it.
    fn preference(&self, media_type: &str) -> Option<(f64, Reverse<usize>)> {
        let matching = self.0.iter().enumerate().filter_map(|(place, range)| {
            Some((range.specificity(media_type)?, range.weight, Reverse(place)))
        });
        let closest = matching.max_by(|a, b| a.partial_cmp(b).unwrap_or(Ordering::Equal));
        closest.filter(|(_, weight, _)| *weight > 0.0).map(|(_, weight, place)| (weight, place))
    }
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = split(text, ';');
        let essence = match parts.next()? {
            // The default of Java's HttpURLConnection contains a single `*`.
            "*" => "*/*",
            essence => essence,
        };
        let (r#type, subtype) = essence.split_once('/')?;
        if !is_token(r#type) || !is_token(subtype) {
            return None;
        }
        let mut range = Self { essence: essence.to_owned(), is_variant: false, weight: 1.0 };
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            if name.trim_end_matches(OWS).eq_ignore_ascii_case("q") {
                range.weight = parse_weight(value).unwrap_or(range.weight);
            } else {
                range.is_variant = true;
            }
        }
        Some(range)
    }

    /// Returns how specifically the range matches a media type without parameters, or `None` if it does not match.
    ///
    /// A range with parameters matches, too, because parameters make no difference to our answers: all text is UTF-8,
    /// and so is JSON (RFC 8259, section 11). A range with parameters and weight 0 rules out another variant than ours.
    fn specificity(&self, media_type: &str) -> Option<u8> {
        let is_same_type = |range_type: &str| {
            media_type.split_once('/').is_some_and(|(own, _)| own.eq_ignore_ascii_case(range_type))
        };
        if self.is_variant && self.weight == 0.0 {
            None
        } else if self.essence.eq_ignore_ascii_case(media_type) {
            Some(if self.is_variant { 2 } else { 3 })
        } else {
            match self.essence.strip_suffix("/*")? {
                "*" => Some(0),
                range_type => is_same_type(range_type).then_some(1),
            }
        }
    }
}

/// Reads a weight leniently: `.5`, `1.0000` and `"0.5"` are accepted, and numbers out of range are clamped.
fn parse_weight(text: &str) -> Option<f64> {
    let weight: f64 = text.trim_matches(OWS).trim_matches('"').parse().ok()?;
    (!weight.is_nan()).then_some(weight.clamp(0.0, 1.0))
}

/// RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    let is_tchar = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_tchar)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn headers(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (ACCEPT, HeaderValue::from_str(line).unwrap())).collect()
    }

    fn accepts(accept: &str, available: &[&str]) -> bool {
        negotiate(&headers(&[accept]), available, &mut Extensions::new())
    }

    #[test]
    fn json_is_accepted_however_it_is_spelled() {
        for accept in [
            "application/json",
            "APPLICATION/Json",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
            "application/json;v=1",
            "application/json ; q=0.5",
            "application/json;Q=0.5",
            "application/json;",
            "application/json;;q=1",
            "application/json;profile=\"a,b;q=0\"",
            "application/json;profile=\"a\\\",b;q=0\"",
            "application/*",
            "*/*",
            "*/*;q=0.1",
            "*",
            "text/html, *;q=.2",
            "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
            "text/html, application/json;q=0.001",
            "*/*; q=0.5, application/xml",
            "application/vnd.api+json, application/json",
            ",, application/json ,",
            "text/html,\tapplication/json",
            "application/json;q=0, application/json",
            "application/json;v=2;q=0, */*",
        ] {
            assert!(accepts(accept, JSON), "{accept}");
        }
    }

    #[test]
    fn what_rules_json_out_is_honoured() {
        for accept in [
            "text/html",
            "text/*, image/*",
            "application/xml;q=0.9",
            "application/jsonp",
            "application/vnd.api+json",
            "application/json;q=0",
            "application/json;q=0.000",
            "application/json;q=0, application/xml",
            "application/*;q=0, */*",
            "*/*;q=0",
            "*;q=0",
            "application/json;v=2;q=0",
            "text/html;a=\", application/json;b=\"",
        ] {
            assert!(!accepts(accept, JSON), "{accept}");
        }
    }

    #[test]
    fn a_header_that_says_nothing_accepts_everything() {
        for accept in ["", " ", ",", ";", "json", "/", "application/", "/json", "a b/c", "q=0", "é/é"] {
            assert!(accepts(accept, JSON), "{accept}");
        }
        assert!(negotiate(&HeaderMap::new(), JSON, &mut Extensions::new()));
    }

    #[test]
    fn a_weight_is_read_however_it_is_spelled() {
        let weight = |q: &str| Range::parse(&format!("a/b;q={q}")).unwrap().weight;
        let exactly = |q: &str, wanted: f64| assert!((weight(q) - wanted).abs() < f64::EPSILON, "{q}");
        for (q, wanted) in [
            ("1", 1.0),
            ("1.000", 1.0),
            ("1.", 1.0),
            ("0", 0.0),
            ("0.", 0.0),
            (".2", 0.2),
            ("0.25", 0.25),
            ("0.12345", 0.12345),
            (" 0.5 ", 0.5),
            ("\"0.5\"", 0.5),
            ("1.5", 1.0),
            ("100", 1.0),
            ("-1", 0.0),
            // An invalid weight is ignored, and the range counts.
            ("", 1.0),
            ("high", 1.0),
            ("NaN", 1.0),
            ("0.5.5", 1.0),
        ] {
            exactly(q, wanted);
        }
    }

    #[test]
    fn a_problem_is_sent_to_those_who_prefer_it() {
        for (accept, prefers) in [
            ("application/problem+json", true),
            ("application/problem+json; charset=utf-8", true),
            ("application/problem+json, application/json", true),
            ("application/json, application/problem+json", false),
            ("application/json;q=0.9, application/problem+json", true),
            ("application/problem+json;q=0.9, application/json", false),
            ("application/problem+json;q=0.1, text/html", true),
            ("application/problem+json;q=0, */*", false),
            ("application/json;q=0, */*", true),
            ("application/*", false),
            ("*/*", false),
            ("", false),
        ] {
            assert_eq!(prefers_problem(&headers(&[accept])), prefers, "{accept}");
        }
    }

    #[test]
    fn several_lines_are_one_list() {
        let accepts = |lines: &[&str]| negotiate(&headers(lines), JSON, &mut Extensions::new());
        assert!(accepts(&["text/html", "application/json"]));
        assert!(!accepts(&["text/html", "application/json;q=0"]));
        assert!(prefers_problem(&headers(&["application/json;q=0.5", "application/problem+json"])));
    }

    #[test]
    fn a_stream_has_media_types_of_its_own() {
        assert!(accepts("application/x-ndjson; charset=utf-8", STREAMED));
        assert!(accepts("text/plain;format=flowed", STREAMED));
    }

    #[test]
    fn a_page_has_media_types_of_its_own() {
        assert!(accepts("text/html;level=1", HTML) && accepts("image/*", HTML));
        assert!(!accepts("application/x-ndjson", JSON) && !accepts("image/webp", HTML));
    }

    #[test]
    fn a_request_is_refused_by_its_extractor_if_nothing_is_acceptable() {
        let check = |accept| {
            let mut extensions = Extensions::new();
            negotiate(&headers(&[accept]), JSON, &mut extensions);
            check_acceptable(&extensions)
        };
        assert!(check("application/json").is_ok());
        assert!(matches!(check("text/html"), Err(Error::NotAcceptable)));
    }

    proptest! {
        #[test]
        fn no_header_panics(accept in "[ -~\t\u{80}-\u{ff}]*", range in "[*/a-z;=q\".,\\\\ 0-9]*") {
            for accept in [&accept, &range] {
                accepts(accept, JSON);
                prefers_problem(&headers(&[accept]));
            }
        }

        #[test]
        fn a_range_more_never_rules_out_what_is_named(other in "[a-z]{1,4}/[a-z]{1,4}(;q=0(\\.[0-9])?)?") {
            let headers = [format!("{other}, application/json"), format!("application/json, {other}")];
            for accept in &headers {
                prop_assert!(accepts(accept, JSON), "{}", accept);
            }
        }
    }
}
