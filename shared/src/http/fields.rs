//! Reads the members of a JSON object one by one, and remembers every one that is wrong.

use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::{Error, FieldError};

/// The members of a body that nobody has read yet, and what was wrong with the others.
#[derive(Debug, Default)]
pub struct Fields {
    members: Map<String, Value>,
    errors: Vec<FieldError>,
}

/// What a merge patch (RFC 7396) does to a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<T> {
    /// It is missing in the patch.
    Keep,
    /// It is `null`.
    Remove,
    /// It has a value.
    Set(T),
}

impl<T: Clone> Change<T> {
    /// What a member that is `current` becomes.
    pub fn apply(&self, current: Option<&T>) -> Option<T> {
        match self {
            Self::Keep => current.cloned(),
            Self::Remove => None,
            Self::Set(value) => Some(value.clone()),
        }
    }
}

/// A request body that is made of named fields.
pub trait FromFields: Sized {
    /// Reads every field, whatever the others were; `None` when one of them can not be used.
    fn from_fields(fields: &mut Fields) -> Option<Self>;
}

impl Fields {
    /// A `T` from all of a body's members; those that `T` does not read are errors too,
    /// so that a typo or an attempt at a forbidden field is visible.
    pub fn read<T: FromFields>(mut self) -> Result<T, Error> {
        let read = T::from_fields(&mut self);
        for name in self.members.keys() {
            self.errors.push(FieldError { field: name.clone(), message: "is not a known field".into() });
        }
        match read {
            Some(read) if self.errors.is_empty() => Ok(read),
            _ => Err(Error::Invalid(self.errors)),
        }
    }

    /// A member that must be there, and not `null`.
    pub fn required<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        match self.members.remove(name) {
            None | Some(Value::Null) => self.wrong(name, "is required"),
            Some(value) => self.parse(name, value),
        }
    }

    /// A member that may be missing or `null`: `Some(None)` then.
    pub fn optional<T: DeserializeOwned>(&mut self, name: &str) -> Option<Option<T>> {
        match self.members.remove(name) {
            None | Some(Value::Null) => Some(None),
            Some(value) => self.parse(name, value).map(Some),
        }
    }

    /// A member that may be missing, and then has its default.
    pub fn or_default<T: DeserializeOwned + Default>(&mut self, name: &str) -> Option<T> {
        self.patch(name).map(Option::unwrap_or_default)
    }

    /// A member of a merge patch (RFC 7396) that can not be removed: `Some(None)` where it stays as it is.
    pub fn patch<T: DeserializeOwned>(&mut self, name: &str) -> Option<Option<T>> {
        match self.members.remove(name) {
            None => Some(None),
            Some(Value::Null) => self.wrong(name, "can not be removed"),
            Some(value) => self.parse(name, value).map(Some),
        }
    }

    /// A member of a merge patch (RFC 7396) that `null` removes.
    pub fn change<T: DeserializeOwned>(&mut self, name: &str) -> Option<Change<T>> {
        match self.members.remove(name) {
            None => Some(Change::Keep),
            Some(Value::Null) => Some(Change::Remove),
            Some(value) => self.parse(name, value).map(Change::Set),
        }
    }

    /// Checks that two members, which are read afterwards, come both or not at all.
    pub fn together(&mut self, one: &str, other: &str) {
        for (there, missing) in [(one, other), (other, one)] {
            if self.members.contains_key(there) && !self.members.contains_key(missing) {
                self.wrong::<()>(missing, "is required");
            }
        }
    }

    /// All members that nobody has read yet, whatever they are.
    pub fn rest(&mut self) -> Map<String, Value> {
        std::mem::take(&mut self.members)
    }

    fn parse<T: DeserializeOwned>(&mut self, name: &str, value: Value) -> Option<T> {
        match serde_json::from_value(value) {
            Ok(value) => Some(value),
            Err(error) => self.wrong(name, reason(&error.to_string())),
        }
    }

    fn wrong<T>(&mut self, name: &str, message: impl Into<String>) -> Option<T> {
        self.errors.push(FieldError { field: name.to_owned(), message: message.into() });
        None
    }
}

/// What serde says of a value, as the end of a sentence that begins with the field's name.
pub(super) fn reason(error: &str) -> String {
    if let Some((found, expected)) =
        error.strip_prefix("invalid type: ").and_then(|said| said.split_once(", expected "))
    {
        return format!("must be {expected}, not {found}");
    }
    match error.strip_prefix("unknown variant ").and_then(|said| said.split_once("expected ")) {
        Some((_, expected)) => format!("must be {expected}"),
        None => error.to_owned(),
    }
}

/// An object without duplicate members: which of two counts is a question that different parsers
/// answer differently (RFC 8259, section 4).
impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Fields;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut members = Map::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if members.contains_key(&name) {
                        return Err(A::Error::custom(format_args!("the member `{name}` is there twice")));
                    }
                    members.insert(name, value);
                }
                Ok(Fields { members, errors: Vec::new() })
            }
        }

        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Role, Title};

    #[test]
    fn what_is_wrong_is_said_so_that_a_person_understands() {
        let mut fields: Fields =
            serde_json::from_str(r#"{"title": 5, "role": "root", "published": "yes"}"#).unwrap();
        assert!(fields.required::<Title>("title").is_none());
        assert!(fields.required::<Role>("role").is_none());
        assert!(fields.required::<bool>("published").is_none());
        let messages: Vec<&str> = fields.errors.iter().map(|error| &*error.message).collect();
        assert_eq!(
            messages,
            [
                "must be a string, not integer `5`",
                "must be `user` or `admin`",
                "must be a boolean, not string \"yes\""
            ]
        );
    }
}
