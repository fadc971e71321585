//! Converts JSON values to Rust values. Errors are described in terms of JSON, for readers who do not know Rust.

use std::fmt;

use serde::Deserializer;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Expected, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;

use super::json_text::type_name;
use crate::domain::Invalid;

/// Converts a JSON value to a `T`.
pub fn from_json<T: DeserializeOwned>(value: Value) -> Result<T, Invalid> {
    T::deserialize(Member(value))
}

impl serde::de::Error for Invalid {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Bool(_) => "a boolean",
            Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "a number",
            Unexpected::Str(_) | Unexpected::Char(_) => "a string",
            Unexpected::Unit | Unexpected::Option => "null",
            Unexpected::Seq => "an array",
            _ => "an object",
        };
        // Some visitors name a Rust type instead of a kind of JSON value.
        let expected = match &*expected.to_string() {
            "a sequence" => "an array".to_owned(),
            "a map" => "an object".to_owned(),
            "f32" | "f64" => "a number".to_owned(),
            other => other.to_owned(),
        };
        Self::new(format!("must be {expected}, not {found}"))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        match found {
            Unexpected::Unsigned(number) => Self::new(format!("must not be {number}")),
            Unexpected::Signed(number) => Self::new(format!("must not be {number}")),
            _ => Self::new(format!("must be {expected}")),
        }
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("must be {}", one_of(expected)))
    }
}

/// Joins names for people: `easy, medium or hard`.
fn one_of(names: &[&str]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [name] => (*name).to_owned(),
        [names @ .., last] => format!("{} or {last}", names.join(", ")),
    }
}

struct Member(Value);

impl Member {
    fn not<T>(&self, expected: &str) -> Result<T, Invalid> {
        Err(Invalid::new(format!("must be {expected}, not {}", type_name(&self.0))))
    }

    /// Reads an integer in any notation: `5`, `5.0` and `5e0` are one number (RFC 8259, section 6).
    fn integer<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Invalid> {
        /// Up to this limit a double represents every integer exactly.
        const EXACT: f64 = 9_007_199_254_740_992.0;

        let Value::Number(number) = &self.0 else { return self.not("a whole number") };
        if let Some(number) = number.as_u64() {
            return visitor.visit_u64(number);
        }
        if let Some(number) = number.as_i64() {
            return visitor.visit_i64(number);
        }
        match number.as_f64() {
            Some(number) if number.fract() != 0.0 => Err(Invalid::new("must be a whole number")),
            #[expect(clippy::cast_possible_truncation, reason = "it is whole and small enough")]
            Some(number) if number.abs() < EXACT => {
                (number as i64).into_deserializer().deserialize_i64(visitor)
            }
            _ => Err(Invalid::new("must be a smaller number")),
        }
    }
}

impl IntoDeserializer<'_, Invalid> for Member {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! integers {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Invalid> {
            self.integer(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for Member {
    type Error = Invalid;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Invalid> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => visitor.visit_u64(number),
                (_, Some(number)) => visitor.visit_i64(number),
                _ => visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => visitor.visit_string(text),
            Value::Array(elements) => {
                SeqDeserializer::new(elements.into_iter().map(Member)).deserialize_any(visitor)
            }
            Value::Object(members) => {
                let members = members.into_iter().map(|(name, value)| (name, Member(value)));
                MapDeserializer::new(members).deserialize_any(visitor)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Invalid> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Invalid> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Invalid> {
        match self.0 {
            Value::String(text) => visitor.visit_enum(text.into_deserializer()),
            _ => self.not("a string"),
        }
    }

    integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    forward_to_deserialize_any! {
        bool i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Debug;

    use serde_json::json;

    use super::*;
    use crate::domain::{Name, Role, UserId};

    fn said<T: DeserializeOwned + Debug>(text: &str) -> String {
        from_json::<T>(serde_json::from_str(text).unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn a_whole_number_may_be_written_in_any_way() {
        for text in ["5", "5.0", "5e0", "50E-1", "0.5e1", "5.000"] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(from_json::<u64>(value.clone()), Ok(5), "{text}");
            assert_eq!(from_json::<i8>(value.clone()), Ok(5), "{text}");
            assert_eq!(from_json::<Option<u32>>(value), Ok(Some(5)), "{text}");
        }
        assert_eq!(from_json(json!(-5.0)), Ok(-5_i64));
        assert_eq!(from_json(json!(u64::MAX)), Ok(u64::MAX));
        assert_eq!(from_json(json!(-0.0)), Ok(0_u8));
        for (text, message) in [
            ("5.5", "must be a whole number"),
            ("1e300", "must be a smaller number"),
            ("18446744073709551616", "must be a smaller number"),
            ("-1", "must not be -1"),
            ("\"5\"", "must be a whole number, not a string"),
            ("null", "must be a whole number, not null"),
            ("[5]", "must be a whole number, not an array"),
        ] {
            assert_eq!(said::<u64>(text), message, "{text}");
        }
        assert_eq!(said::<u8>("300"), "must not be 300");
    }

    #[test]
    fn a_message_has_no_type_of_rust() {
        let texts = ["null", "true", "7", "1.5", "\"x\"", "[]", "[1]", "{}", "{\"a\":1}"];
        for text in texts {
            let messages = [
                from_json::<Name>(serde_json::from_str(text).unwrap()).map(drop),
                from_json::<UserId>(serde_json::from_str(text).unwrap()).map(drop),
                from_json::<Role>(serde_json::from_str(text).unwrap()).map(drop),
                from_json::<u64>(serde_json::from_str(text).unwrap()).map(drop),
                from_json::<bool>(serde_json::from_str(text).unwrap()).map(drop),
                from_json::<f64>(serde_json::from_str(text).unwrap()).map(drop),
                from_json::<u8>(serde_json::from_str(text).unwrap()).map(drop),
                from_json::<Vec<String>>(serde_json::from_str(text).unwrap()).map(drop),
                from_json::<BTreeMap<String, String>>(serde_json::from_str(text).unwrap()).map(drop),
            ];
            for message in messages.into_iter().filter_map(Result::err).map(|invalid| invalid.to_string()) {
                assert!(message.starts_with("must "), "{text}: {message}");
                let words = [
                    "u64", "u8", "f64", "integer", "map", "sequence", "variant", "invalid", "unit", "`",
                    "floating",
                ];
                assert!(!words.iter().any(|word| message.contains(word)), "{text}: {message}");
            }
        }
        assert_eq!(said::<Role>("\"Admin\""), "must be user or admin");
        assert_eq!(said::<Role>("1"), "must be a string, not a number");
        assert_eq!(said::<bool>("\"true\""), "must be a boolean, not a string");
        assert_eq!(said::<Vec<String>>("{}"), "must be an array, not an object");
        assert_eq!(said::<BTreeMap<String, u8>>("[]"), "must be an object, not an array");
        assert_eq!(said::<f64>("\"1\""), "must be a number, not a string");
        assert_eq!(from_json(json!(["a", "b"])), Ok(vec!["a".to_owned(), "b".to_owned()]));
    }
}
