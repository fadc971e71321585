//! JSON texts that every parser reads alike (RFC 8259): valid UTF-8, and no duplicate member at any depth.

use std::cell::RefCell;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Value};

use super::{Error, FieldError};

/// The maximum nesting of objects and arrays, deeper than any real data.
const MAX_DEPTH: usize = 100;

/// The maximum length of a member's path in an answer, in characters.
const MAX_PATH_CHARACTERS: usize = 200;

/// Parses a body that is a JSON object. The error describes what is expected at the position of the mistake, or names a
/// duplicate member.
pub(super) fn members(body: &[u8]) -> Result<Map<String, Value>, Error> {
    let duplicate = RefCell::new(None);
    let root = Node { path: JsonPath::Root, depth: 0, duplicate: &duplicate };
    let mut deserializer = serde_json::Deserializer::from_str(text(body)?);
    let value = root.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    match value {
        Ok(Value::Object(members)) => Ok(members),
        Ok(other) => Err(malformed(format!("must be a JSON object, not {}", type_name(&other)))),
        Err(error) => Err(match duplicate.take() {
            Some(field) => Error::Malformed(FieldError { field, message: located("occurs twice", &error) }),
            None => malformed(explain(&error)),
        }),
    }
}

/// Returns the name of a value's JSON type, with its article.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn malformed(message: impl Into<String>) -> Error {
    Error::Malformed(FieldError { field: "body".to_owned(), message: message.into() })
}

/// Returns the body as text without a byte order mark, which a parser may ignore (RFC 8259, section 8.1).
pub(super) fn text(body: &[u8]) -> Result<&str, Error> {
    let text = std::str::from_utf8(body).map_err(|error| {
        malformed(format!("must be UTF-8, which it is not at byte {}", error.valid_up_to() + 1))
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_ascii().is_empty() {
        Err(malformed("is empty, but must be a JSON object"))
    } else {
        Ok(text)
    }
}

/// Describes what is expected where the text stops being JSON.
fn explain(error: &serde_json::Error) -> String {
    let reason = match error.classify() {
        Category::Eof => "it ends too early",
        _ => &*unlocated(error),
    };
    format!("must be JSON: {}", located(reason, error))
}

fn located(reason: &str, error: &serde_json::Error) -> String {
    format!("{reason}, at line {}, column {}", error.line(), error.column())
}

/// Returns the message of `serde_json` without the position at its end.
fn unlocated(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    said.strip_suffix(&position).map_or_else(|| said.clone(), str::to_owned)
}

/// The path of a value in the text.
#[derive(Clone, Copy)]
enum JsonPath<'a> {
    Root,
    Member(&'a JsonPath<'a>, &'a str),
    Element(&'a JsonPath<'a>, usize),
}

impl fmt::Display for JsonPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Member(Self::Root, name) => f.write_str(name),
            Self::Member(parent, name) => write!(f, "{parent}.{name}"),
            Self::Element(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// Reads one value with everything in it.
#[derive(Clone, Copy)]
struct Node<'a> {
    path: JsonPath<'a>,
    depth: usize,
    /// The path of a duplicate member.
    duplicate: &'a RefCell<Option<String>>,
}

impl<'a> Node<'a> {
    fn child<E: serde::de::Error>(&self, path: JsonPath<'a>) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(E::custom(format_args!(
                "more than {MAX_DEPTH} objects and arrays are inside each other"
            )));
        }
        Ok(Self { path, depth: self.depth + 1, duplicate: self.duplicate })
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        let parent = self.path;
        while let Some(element) =
            seq.next_element_seed(self.child(JsonPath::Element(&parent, elements.len()))?)?
        {
            elements.push(element);
        }
        Ok(Value::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        let parent = self.path;
        while let Some(name) = map.next_key::<String>()? {
            let path = JsonPath::Member(&parent, &name);
            if members.contains_key(&name) {
                self.duplicate.replace(Some(path.to_string().chars().take(MAX_PATH_CHARACTERS).collect()));
                return Err(A::Error::custom("a member occurs twice"));
            }
            let value = map.next_value_seed(self.child(path)?)?;
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn refused(body: &[u8]) -> (String, String) {
        match members(body) {
            Err(Error::Malformed(FieldError { field, message })) => (field, message),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_member_that_is_there_twice_is_named_at_any_depth() {
        for (body, member, position) in [
            (r#"{"a":1,"a":2}"#, "a", "line 1, column 10"),
            (r#"{"a":1,"\u0061":2}"#, "a", "line 1, column 15"),
            ("{\"a\":{\"b\":1,\n \"b\":2}}", "a.b", "line 2, column 4"),
            (r#"{"a":[0,{"b":[[{"c":1,"c":1}]]}]}"#, "a[1].b[0][0].c", "line 1, column 25"),
            (r#"{"":1,"":2}"#, "", "line 1, column 8"),
        ] {
            let expected = (member.to_owned(), format!("occurs twice, at {position}"));
            assert_eq!(refused(body.as_bytes()), expected, "{body}");
        }
        let apart = br#"{"a":{"b":1},"b":{"a":1},"c":[{"a":1},{"a":1}]}"#;
        assert_eq!(members(apart).unwrap().len(), 3);
    }

    #[test]
    fn what_is_no_json_is_explained_without_the_words_of_a_library() {
        for (body, message) in [
            ("", "is empty, but must be a JSON object"),
            (" \n", "is empty, but must be a JSON object"),
            ("\u{feff}", "is empty, but must be a JSON object"),
            ("[]", "must be a JSON object, not an array"),
            ("null", "must be a JSON object, not null"),
            ("1", "must be a JSON object, not a number"),
            ("\"{}\"", "must be a JSON object, not a string"),
            ("{", "must be JSON: it ends too early, at line 1, column 1"),
            ("{\"a\": \"b", "must be JSON: it ends too early, at line 1, column 8"),
            ("{\"a\": 1,}", "must be JSON: trailing comma, at line 1, column 9"),
            ("{\"a\": 1\n \"b\": 2}", "must be JSON: expected `,` or `}`, at line 2, column 2"),
            ("{a: 1}", "must be JSON: key must be a string, at line 1, column 2"),
            ("{'a': 1}", "must be JSON: key must be a string, at line 1, column 2"),
            ("{\"a\": NaN}", "must be JSON: expected value, at line 1, column 7"),
            ("{\"a\": 01}", "must be JSON: invalid number, at line 1, column 8"),
            ("{\"a\": 1e400}", "must be JSON: number out of range, at line 1, column 11"),
            ("{} {}", "must be JSON: trailing characters, at line 1, column 4"),
            (r#"{"a": "\ud800"}"#, "must be JSON: unexpected end of hex escape, at line 1, column 14"),
            (
                r#"{"a": "\udc00"}"#,
                "must be JSON: lone leading surrogate in hex escape, at line 1, column 13",
            ),
        ] {
            assert_eq!(refused(body.as_bytes()), ("body".to_owned(), message.to_owned()), "{body}");
        }
        assert_eq!(refused(b"{\"a\": \"\xff\"}").1, "must be UTF-8, which it is not at byte 8");
        assert_eq!(refused(b"\xff\xfe{\0}\0").1, "must be UTF-8, which it is not at byte 1");
    }

    #[test]
    fn a_hundred_levels_are_deep_enough() {
        let nested = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        assert!(members(nested(MAX_DEPTH - 1).as_bytes()).is_ok());
        for levels in [MAX_DEPTH, 100_000] {
            let (_, message) = refused(nested(levels).as_bytes());
            assert!(message.contains("more than 100 objects and arrays are inside each other"), "{message}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_ignored() {
        let body = "\u{feff}{\"a\":1}".as_bytes();
        assert_eq!((members(body).unwrap()["a"].clone(), text(body).unwrap()), (json!(1), "{\"a\":1}"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(body in proptest::collection::vec(any::<u8>(), 0..60), text in "[{}\\[\\]\",:0-9a-b\\\\u\\.e+-]{0,40}") {
            let _ = members(&body);
            let strict = members(text.as_bytes());
            let lenient = serde_json::from_str::<Map<String, Value>>(&text);
            // Strict and lenient parsing must agree on every accepted text.
            if let Ok(members) = strict {
                prop_assert_eq!(members, lenient.unwrap());
            }
        }
    }
}
