//! The conditions of a request (RFC 9110, section 13).

use std::convert::Infallible;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::FromRequestParts;
use axum::http::header::{IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};

use super::field::{OWS, value};
use super::{Error, Validators};

/// The preconditions of a request: the state that it expects of the resource.
#[derive(Clone, Debug, Default)]
pub struct Preconditions {
    /// True if the request reads the resource, false if it changes the resource.
    is_read: bool,
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
    /// The time in seconds since the Unix epoch.
    if_modified_since: Option<i64>,
    if_unmodified_since: Option<i64>,
}

/// The value of `If-Match` or `If-None-Match`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Tags {
    /// `*`.
    Any,
    /// A list of entity tags.
    List(Vec<String>),
    /// A malformed value, with the valid tags in it.
    Malformed(Vec<String>),
}

impl Preconditions {
    /// Reads the headers of a request that reads or changes a resource. Malformed dates are ignored, as RFC 9110
    /// requires.
    pub(super) fn read(headers: &HeaderMap, is_read: bool) -> Self {
        let date = |name| value(headers, name).and_then(|text| seconds(&text));
        Self {
            is_read,
            if_match: Tags::read(headers, &IF_MATCH),
            if_none_match: Tags::read(headers, &IF_NONE_MATCH),
            if_modified_since: date(&IF_MODIFIED_SINCE),
            if_unmodified_since: date(&IF_UNMODIFIED_SINCE),
        }
    }

    /// Checks that the resource is in the state that the request requires (RFC 9110, section 13.2.2, steps 1 to 3).
    pub fn require(&self, current: &Validators) -> Result<(), Error> {
        match (&self.if_match, self.if_unmodified_since, current.modified) {
            (Some(tags), ..) if !tags.checked(&IF_MATCH)?.has_strongly(&current.etag) => {
                return Err(Error::PreconditionFailed("The resource changed since it was read"));
            }
            (None, Some(since), Some(modified)) if modified > since => {
                return Err(Error::PreconditionFailed("The resource changed since If-Unmodified-Since"));
            }
            _ => {}
        }
        match &self.if_none_match {
            Some(tags) if !self.is_read && tags.checked(&IF_NONE_MATCH)?.has_weakly(&current.etag) => {
                Err(Error::PreconditionFailed("The resource exists, which If-None-Match excludes"))
            }
            _ => Ok(()),
        }
    }

    /// Tells whether the client has the current version (steps 3 and 4). A malformed `If-None-Match` is no error; the
    /// client only gets the content again.
    pub(super) fn is_fresh(&self, current: &Validators) -> bool {
        match (&self.if_none_match, self.if_modified_since, current.modified) {
            (Some(tags), ..) => tags.has_weakly(&current.etag),
            (None, Some(since), Some(modified)) => modified <= since,
            _ => false,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Preconditions {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::read(&parts.headers, parts.method.is_safe()))
    }
}

impl Tags {
    fn read(headers: &HeaderMap, name: &HeaderName) -> Option<Self> {
        let value = value(headers, name)?;
        let mut is_quoted = false;
        // A comma in quotes is part of a tag. A backslash in a tag is a backslash (RFC 9110, section 8.8.3).
        let elements = value.split(move |character| {
            is_quoted ^= character == '"';
            character == ',' && !is_quoted
        });
        let elements: Vec<&str> =
            elements.map(|element| element.trim_matches(OWS)).filter(|element| !element.is_empty()).collect();
        let tags: Vec<String> =
            elements.iter().filter(|element| is_entity_tag(element)).map(|tag| (*tag).to_owned()).collect();
        Some(if elements.is_empty() {
            Self::Malformed(tags)
        } else if elements.iter().all(|element| *element == "*") {
            Self::Any
        } else if tags.len() == elements.len() {
            Self::List(tags)
        } else {
            Self::Malformed(tags)
        })
    }

    /// Refuses a malformed value, which must not pass for a state of the resource.
    fn checked(&self, name: &HeaderName) -> Result<&Self, Error> {
        match self {
            Self::Malformed(_) => {
                let field = if *name == IF_MATCH { "If-Match" } else { "If-None-Match" };
                Err(Error::field(field, r#"must be * or a list of entity tags, in quotes as in ETag: "1""#))
            }
            _ => Ok(self),
        }
    }

    /// Compares strongly (RFC 9110, section 8.8.3.2). `etag` is a strong tag, so weak tags in the list never match.
    fn has_strongly(&self, etag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::List(tags) | Self::Malformed(tags) => tags.iter().any(|tag| tag == etag),
        }
    }

    /// Compares weakly: a weak tag matches a strong one with the same text.
    fn has_weakly(&self, etag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::List(tags) | Self::Malformed(tags) => {
                tags.iter().any(|tag| tag.strip_prefix("W/").unwrap_or(tag) == etag)
            }
        }
    }
}

/// Tells whether the text is an entity tag (RFC 9110, section 8.8.3): visible characters without quotes, in quotes.
fn is_entity_tag(text: &str) -> bool {
    let opaque = text.strip_prefix("W/").unwrap_or(text);
    let content = opaque.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    content.is_some_and(|content| !content.contains(|c: char| c == '"' || c == ' ' || c.is_ascii_control()))
}

/// Parses a date in one of HTTP's three formats (RFC 9110, section 5.6.7) to seconds since the Unix epoch.
fn seconds(date: &str) -> Option<i64> {
    let at: SystemTime = httpdate::parse_http_date(date.trim_matches(OWS)).ok()?;
    at.duration_since(UNIX_EPOCH).ok().and_then(|since| i64::try_from(since.as_secs()).ok())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::HeaderValue;
    use axum::http::header::{ETAG, LAST_MODIFIED};
    use axum::response::IntoResponse;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{Revision, Timestamp};
    use crate::http::{Fixed, Resource};

    /// Returns the validators of the third version, made at 08:49:37, with the tag `"3"`.
    fn current() -> Validators {
        let at = |seconds: i64| Timestamp::from_millis((784_111_000 + seconds) * 1000);
        Validators::of(Revision::first(at(0)).next(at(300)).next(at(777)))
    }

    fn preconditions(is_read: bool, headers: &[(HeaderName, &str)]) -> Preconditions {
        let headers =
            headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()));
        Preconditions::read(&headers.collect(), is_read)
    }

    /// Returns the status of a PUT.
    fn put(headers: &[(HeaderName, &str)]) -> u16 {
        match preconditions(false, headers).require(&current()) {
            Ok(()) => 200,
            Err(Error::PreconditionFailed(_)) => 412,
            Err(Error::Invalid(fields)) => {
                assert_eq!(fields.len(), 1, "{fields:?}");
                400
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    /// Returns the status of a GET.
    fn get(headers: &[(HeaderName, &str)]) -> u16 {
        let resource = Resource { validators: current(), body: "body" };
        match resource.answer(&preconditions(true, headers)) {
            Ok(response) => response.status().as_u16(),
            Err(error) => error.into_response().status().as_u16(),
        }
    }

    const NOW: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
    const LATER: &str = "Fri, 31 Dec 2100 23:59:59 GMT";

    #[test]
    fn a_read_is_answered_with_its_validators() {
        for tag in ["\"1\"", "\"3\""] {
            let resource = Resource { validators: current(), body: "body" };
            let response = resource.answer(&preconditions(true, &[(IF_NONE_MATCH, tag)])).unwrap();
            assert_eq!(response.headers()[ETAG], "\"3\"", "{tag}");
            assert_eq!(response.headers()[LAST_MODIFIED], NOW, "{tag}");
        }
    }

    #[test]
    fn if_match_compares_strongly() {
        for (value, status) in [
            ("\"3\"", 200),
            ("*", 200),
            (" \"3\" ", 200),
            ("\"1\",\"3\"", 200),
            ("\"1,2\", \"3\"", 200),
            ("\"\\\", \"3\"", 200),
            (",, \"3\" ,", 200),
            ("*,*", 200),
            ("\"2\"", 412),
            ("W/\"3\"", 412),
            ("\"\"", 412),
            ("\"1,\\\"3\\\"\"", 400),
            ("\"1, 3\"", 400),
            ("\"é\"", 412),
            ("3", 400),
            ("'3'", 400),
            ("w/\"3\"", 400),
            ("W/3", 400),
            ("\"3", 400),
            ("3\"", 400),
            ("\"3\" \"3\"", 400),
            ("\"3\", 3", 400),
            ("*, \"3\"", 400),
            ("\"*\"", 412),
            ("", 400),
            (",", 400),
        ] {
            assert_eq!(put(&[(IF_MATCH, value)]), status, "{value}");
            assert_eq!(get(&[(IF_MATCH, value)]), status, "{value}");
        }
    }

    #[test]
    fn if_none_match_compares_weakly() {
        for (value, read, write) in [
            ("\"3\"", 304, 412),
            ("W/\"3\"", 304, 412),
            ("*", 304, 412),
            ("*, *", 304, 412),
            ("\"a,b\", W/\"c\",\"3\"", 304, 412),
            ("\"2\"", 200, 200),
            ("W/\"2\", \"3-public\"", 200, 200),
            ("\"2,\"", 200, 200),
            ("3", 200, 400),
            ("W/3", 200, 400),
            ("\"3", 200, 400),
            ("3, \"3\"", 304, 400),
            ("*, \"2\"", 200, 400),
            ("", 200, 400),
        ] {
            assert_eq!(get(&[(IF_NONE_MATCH, value)]), read, "{value}");
            assert_eq!(put(&[(IF_NONE_MATCH, value)]), write, "{value}");
        }
    }

    #[test]
    fn several_lines_are_one_list() {
        assert_eq!(put(&[(IF_MATCH, "\"1\""), (IF_MATCH, "\"3\"")]), 200);
        assert_eq!(get(&[(IF_NONE_MATCH, "\"1\""), (IF_NONE_MATCH, "\"3\"")]), 304);
    }

    #[test]
    fn dates_are_compared_to_the_second() {
        for (date, read, write) in [
            (NOW, 304, 200),
            (LATER, 304, 200),
            (BEFORE, 200, 412),
            ("Sunday, 06-Nov-94 08:49:37 GMT", 304, 200),
            ("Sunday, 06-Nov-94 08:49:36 GMT", 200, 412),
            ("Sun Nov  6 08:49:37 1994", 304, 200),
            ("Sun Nov  6 08:49:36 1994", 200, 412),
            // Invalid dates are ignored.
            ("", 200, 200),
            ("yesterday", 200, 200),
            ("1994-11-06T08:49:36Z", 200, 200),
            ("Sun, 06 Nov 1994 08:49:36 UTC", 200, 200),
            ("Sun, 31 Feb 1994 08:49:36 GMT", 200, 200),
            ("784111776", 200, 200),
            ("\"3\"", 200, 200),
        ] {
            assert_eq!(get(&[(IF_MODIFIED_SINCE, date)]), read, "{date}");
            assert_eq!(put(&[(IF_UNMODIFIED_SINCE, date)]), write, "{date}");
        }
        // Two dates are invalid, in two lines or joined by a gateway.
        assert_eq!(get(&[(IF_MODIFIED_SINCE, NOW), (IF_MODIFIED_SINCE, NOW)]), 200);
        assert_eq!(put(&[(IF_UNMODIFIED_SINCE, &format!("{BEFORE},{BEFORE}"))]), 200);
    }

    #[test]
    fn tags_go_before_dates_and_if_match_before_if_none_match() {
        assert_eq!(put(&[(IF_MATCH, "\"3\""), (IF_UNMODIFIED_SINCE, BEFORE)]), 200);
        assert_eq!(put(&[(IF_MATCH, "\"2\""), (IF_UNMODIFIED_SINCE, LATER)]), 412);
        assert_eq!(get(&[(IF_NONE_MATCH, "\"2\""), (IF_MODIFIED_SINCE, LATER)]), 200);
        assert_eq!(get(&[(IF_NONE_MATCH, "\"3\""), (IF_MODIFIED_SINCE, BEFORE)]), 304);
        assert_eq!(get(&[(IF_MATCH, "\"2\""), (IF_NONE_MATCH, "\"3\"")]), 412);
        assert_eq!(get(&[(IF_MATCH, "\"3\""), (IF_NONE_MATCH, "\"3\"")]), 304);
        assert_eq!(put(&[(IF_MATCH, "\"3\""), (IF_NONE_MATCH, "\"3\"")]), 412);
        assert_eq!(put(&[(IF_UNMODIFIED_SINCE, NOW), (IF_NONE_MATCH, "*")]), 412);
        // Conditions for reads are ignored in changes, and the other way round.
        assert_eq!(put(&[(IF_MODIFIED_SINCE, LATER)]), 200);
        assert_eq!(get(&[(IF_UNMODIFIED_SINCE, BEFORE)]), 412);
    }

    #[test]
    fn a_change_in_the_same_second_is_a_change() {
        let at = |millis: i64| Timestamp::from_millis(784_111_777_000 + millis);
        let read = Revision::first(at(200));
        let changed = Validators::of(read.next(at(300)));
        assert!(preconditions(false, &[(IF_UNMODIFIED_SINCE, NOW)]).require(&Validators::of(read)).is_ok());
        assert!(preconditions(false, &[(IF_UNMODIFIED_SINCE, NOW)]).require(&changed).is_err());
        assert!(!preconditions(true, &[(IF_MODIFIED_SINCE, NOW)]).is_fresh(&changed));
    }

    #[test]
    fn dates_say_nothing_of_what_has_no_time() {
        let fixed =
            Fixed { media_type: "text/plain", etag: "\"a\"".into(), content: b"content".as_slice().into() };
        for (headers, status) in [
            ([(IF_MODIFIED_SINCE, LATER)], 200),
            ([(IF_UNMODIFIED_SINCE, BEFORE)], 200),
            ([(IF_NONE_MATCH, "\"a\"")], 304),
            ([(IF_MATCH, "\"b\"")], 412),
            ([(IF_MATCH, "a")], 400),
        ] {
            let [(name, value)] = &headers;
            let answer = fixed.clone().answer(
                &HeaderMap::from_iter([(name.clone(), value.parse().unwrap())]),
                Duration::from_mins(1),
            );
            assert_eq!(answer.into_response().status().as_u16(), status, "{headers:?}");
        }
    }

    proptest! {
        #[test]
        fn no_header_panics(text in "[ -~\\t\\u{80}-\\u{ff}]*", list in "[W/\"*, 3]*", is_read: bool) {
            for value in [&text, &list] {
                for name in [IF_MATCH, IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE] {
                    let preconditions = preconditions(is_read, &[(name, value)]);
                    let _ = preconditions.require(&current());
                    preconditions.is_fresh(&current());
                }
            }
        }

        #[test]
        fn a_list_of_tags_has_each_of_them(tags in proptest::collection::vec("(W/)?\"[!#-~]*\"", 1..5)) {
            let headers = HeaderMap::from_iter([(IF_MATCH, HeaderValue::from_str(&tags.join(", ")).unwrap())]);
            prop_assert_eq!(Tags::read(&headers, &IF_MATCH), Some(Tags::List(tags)));
        }
    }
}
