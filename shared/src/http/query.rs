use std::collections::HashMap;
use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde::de::IntoDeserializer;
use serde::de::value::StrDeserializer;

use super::{Error, FieldError};
use crate::domain::Invalid;

/// The decoded parameters of a query, which collects all errors. Parameters that are not read are ignored.
#[derive(Debug, Default)]
pub struct Query {
    parameters: HashMap<String, Vec<String>>,
    errors: Vec<FieldError>,
}

impl Query {
    /// Parses the part of a URL after the question mark (WHATWG URL Standard, form encoding).
    #[must_use]
    pub fn parse(query: &str) -> Self {
        let mut parameters: HashMap<String, Vec<String>> = HashMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            parameters.entry(name.into_owned()).or_default().push(value.into_owned());
        }
        Self { parameters, errors: Vec::new() }
    }

    /// Returns the parameter's text, or `None` if it is missing or empty. A duplicate parameter is an error.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let mut values = self.parameters.remove(name)?;
        if values.len() > 1 {
            return self.wrong(name, "occurs twice");
        }
        values.pop().filter(|value| !value.is_empty())
    }

    /// Returns the parameter as a `T`, a type that is a string in JSON.
    pub fn get<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name)?;
        let deserializer: StrDeserializer<'_, Invalid> = text.as_str().into_deserializer();
        T::deserialize(deserializer).map_err(|invalid| self.wrong::<T>(name, invalid.to_string())).ok()
    }

    /// Returns the parameter as an integer from `min` to `max`, or `default` if it is missing.
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

    /// Returns the parameter as a boolean, or `false` if it is missing.
    pub fn flag(&mut self, name: &str) -> bool {
        match self.text(name).as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => self.wrong(name, "must be true or false").unwrap_or(false),
        }
    }

    /// Records that a parameter is invalid.
    pub fn wrong<T>(&mut self, name: &str, message: impl Into<String>) -> Option<T> {
        self.errors.push(FieldError { field: name.to_owned(), message: message.into() });
        None
    }

    /// Ends the reading and returns all errors, if there are any.
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
