//! Reads the members of a JSON object one by one, and collects all errors.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::member::from_json;
use super::{Error, FieldError};

/// The maximum number of unknown members that an answer names. Naming all could exceed Lambda's limit for answers.
const MAX_UNKNOWN_NAMED: usize = 50;

/// The maximum length of an unknown member's name in an answer, in characters.
const MAX_NAME_CHARACTERS: usize = 100;

/// The members of a body that have not been read yet, and the errors of the others.
#[derive(Debug, Default)]
pub struct Fields {
    members: Map<String, Value>,
    errors: Vec<FieldError>,
}

/// The effect of a merge patch (RFC 7396) on a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<T> {
    /// The patch lacks the member.
    Keep,
    /// The patch has `null`.
    Remove,
    /// The patch has a value.
    Set(T),
}

impl<T: Clone> Change<T> {
    /// Returns the new value of a member whose value is `current`.
    pub fn apply(&self, current: Option<&T>) -> Option<T> {
        match self {
            Self::Keep => current.cloned(),
            Self::Remove => None,
            Self::Set(value) => Some(value.clone()),
        }
    }
}

/// A request body with named fields.
pub trait FromFields: Sized {
    /// Reads every field, even if others are invalid. Returns `None` if any of them is invalid.
    fn from_fields(fields: &mut Fields) -> Option<Self>;
}

impl Fields {
    pub(super) fn new(members: Map<String, Value>) -> Self {
        Self { members, errors: Vec::new() }
    }

    /// Reads a `T` from all of a body's members. Members that `T` does not read are errors too, so that typos and
    /// attempts to set a forbidden field are reported.
    pub fn read<T: FromFields>(mut self) -> Result<T, Error> {
        let read = T::from_fields(&mut self);
        let unknown = self.rest();
        for name in unknown.keys().take(MAX_UNKNOWN_NAMED) {
            let name: String = name.chars().take(MAX_NAME_CHARACTERS).collect();
            self.wrong::<T>(&name, "is not a known field");
        }
        if let more @ 1.. = unknown.len().saturating_sub(MAX_UNKNOWN_NAMED) {
            self.wrong::<T>("body", format!("has {more} more unknown fields"));
        }
        match read {
            Some(read) if self.errors.is_empty() => Ok(read),
            _ => Err(Error::Invalid(self.errors)),
        }
    }

    /// Reads a member that must be present and not `null`.
    pub fn required<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        match self.members.remove(name) {
            None => self.wrong(name, "is required"),
            Some(Value::Null) => self.wrong(name, "must not be null"),
            Some(value) => self.parse(name, value),
        }
    }

    /// Reads a member that may be missing or `null`, which gives `Some(None)`.
    pub fn optional<T: DeserializeOwned>(&mut self, name: &str) -> Option<Option<T>> {
        match self.members.remove(name) {
            None | Some(Value::Null) => Some(None),
            Some(value) => self.parse(name, value).map(Some),
        }
    }

    /// Reads a member that gets its default if it is missing.
    pub fn or_default<T: DeserializeOwned + Default>(&mut self, name: &str) -> Option<T> {
        self.patch(name).map(Option::unwrap_or_default)
    }

    /// Reads a member of a merge patch (RFC 7396) that cannot be removed. `Some(None)` means that it stays as it is.
    pub fn patch<T: DeserializeOwned>(&mut self, name: &str) -> Option<Option<T>> {
        match self.members.remove(name) {
            None => Some(None),
            Some(Value::Null) => self.wrong(name, "must not be null"),
            Some(value) => self.parse(name, value).map(Some),
        }
    }

    /// Reads a member of a merge patch (RFC 7396) that `null` removes.
    pub fn change<T: DeserializeOwned>(&mut self, name: &str) -> Option<Change<T>> {
        match self.members.remove(name) {
            None => Some(Change::Keep),
            Some(Value::Null) => Some(Change::Remove),
            Some(value) => self.parse(name, value).map(Change::Set),
        }
    }

    /// Checks that `other`, which is read afterwards, is present if `one` is.
    pub fn requires(&mut self, one: &str, other: &str) {
        if self.members.contains_key(one) && !self.members.contains_key(other) {
            self.wrong::<()>(other, "is required");
        }
    }

    /// Returns all members that have not been read yet.
    pub fn rest(&mut self) -> Map<String, Value> {
        std::mem::take(&mut self.members)
    }

    fn parse<T: DeserializeOwned>(&mut self, name: &str, value: Value) -> Option<T> {
        from_json(value).map_err(|invalid| self.wrong::<T>(name, invalid.to_string())).ok()
    }

    fn wrong<T>(&mut self, name: &str, message: impl Into<String>) -> Option<T> {
        self.errors.push(FieldError { field: name.to_owned(), message: message.into() });
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Email, Name, Role};
    use crate::http::json_text;

    #[test]
    fn what_is_wrong_is_said_so_that_a_person_understands() {
        let body = br#"{"name": 5, "role": "root", "published": "yes", "size": "5", "email": null}"#;
        let mut fields = Fields::new(json_text::members(body).unwrap());
        assert!(fields.required::<Name>("name").is_none());
        assert!(fields.required::<Role>("role").is_none());
        assert!(fields.required::<bool>("published").is_none());
        assert!(fields.required::<u64>("size").is_none());
        assert!(fields.required::<Email>("email").is_none());
        assert!(fields.required::<Email>("other").is_none());
        let messages: Vec<&str> = fields.errors.iter().map(|error| &*error.message).collect();
        assert_eq!(
            messages,
            [
                "must be a string, not a number",
                "must be user or admin",
                "must be a boolean, not a string",
                "must be a whole number, not a string",
                "must not be null",
                "is required",
            ]
        );
    }

    #[test]
    fn an_answer_does_not_grow_with_what_nobody_asked_for() {
        let members: Map<String, Value> = (0..1000).map(|n| (format!("{n:0>200}"), Value::Null)).collect();
        let Err(Error::Invalid(errors)) = Fields::new(members).read::<Nothing>() else { panic!() };
        assert_eq!((errors.len(), errors[0].field.len()), (51, 100));
        assert_eq!(errors[50].message, "has 950 more unknown fields");
    }

    #[derive(Debug)]
    struct Nothing;

    impl FromFields for Nothing {
        fn from_fields(_: &mut Fields) -> Option<Self> {
            Some(Self)
        }
    }
}
