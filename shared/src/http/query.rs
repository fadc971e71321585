use std::collections::HashMap;
use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde::de::IntoDeserializer;
use serde::de::value::StrDeserializer;

use super::{Error, FieldError};
use crate::domain::Invalid;

/// The query's parameters, decoded; remembers every one that is wrong. Those that nobody asks for are ignored.
#[derive(Debug, Default)]
pub struct Query {
    parameters: HashMap<String, Vec<String>>,
    errors: Vec<FieldError>,
}

impl Query {
    /// Reads the part of a URL after the question mark (WHATWG URL Standard, form encoding).
    #[must_use]
    pub fn parse(query: &str) -> Self {
        let mut parameters: HashMap<String, Vec<String>> = HashMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            parameters.entry(name.into_owned()).or_default().push(value.into_owned());
        }
        Self { parameters, errors: Vec::new() }
    }

    /// The parameter's text. Missing and empty ones are `None`; one that is there twice is an error.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let mut values = self.parameters.remove(name)?;
        if values.len() > 1 {
            return self.wrong(name, "is there twice");
        }
        values.pop().filter(|value| !value.is_empty())
    }

    /// The parameter as a `T`, a type that JSON would have as a string.
    pub fn get<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name)?;
        let deserializer: StrDeserializer<'_, Invalid> = text.as_str().into_deserializer();
        T::deserialize(deserializer).map_err(|invalid| self.wrong::<T>(name, invalid.to_string())).ok()
    }

    /// The parameter as a whole number from `min` to `max`, or `default` without it.
    pub fn number(&mut self, name: &str, min: u32, max: u32, default: u32) -> u32 {
        let Some(text) = self.text(name) else { return default };
        match text.parse() {
            Ok(number) if (min..=max).contains(&number) => number,
            _ if max == u32::MAX => {
                self.wrong(name, format!("must be a whole number from {min}")).unwrap_or(default)
            }
            _ => self.wrong(name, format!("must be a whole number from {min} to {max}")).unwrap_or(default),
        }
    }

    /// The parameter as `true` or `false`; `false` without it.
    pub fn flag(&mut self, name: &str) -> bool {
        match self.text(name).as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => self.wrong(name, "must be true or false").unwrap_or(false),
        }
    }

    /// Notes that a parameter can not be used.
    pub fn wrong<T>(&mut self, name: &str, message: impl Into<String>) -> Option<T> {
        self.errors.push(FieldError { field: name.to_owned(), message: message.into() });
        None
    }

    /// Ends the reading: all that was wrong, if anything was.
    pub fn finish(&mut self) -> Result<(), Error> {
        if self.errors.is_empty() { Ok(()) } else { Err(Error::Invalid(std::mem::take(&mut self.errors))) }
    }
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}
