//! Request bodies, each declared once: for [`Fields`](super::Fields), which reads it, and for the document, which
//! describes it.

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::PartialSchema;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::schema::{AdditionalProperties, SchemaType};
use utoipa::openapi::{Object, ObjectBuilder, RefOr, Schema, Type};

use super::Change;

/// Defines a request body: a struct that [`Fields`](crate::http::Fields) reads, and its schema.
///
/// Each member has its Rust name and type. After `=` follow the way in which it is read, and its name in JSON.
/// `required`, `optional`, `or_default`, `patch` and `change` are methods of [`Fields`](crate::http::Fields) and of
/// [`Members`] with the same meaning. With `requires`, the second member must be present if the first one is.
#[macro_export]
macro_rules! input {
    (
        $(#[doc = $about:literal])+
        $visibility:vis struct $input:ident {
            $($(#[doc = $doc:literal])+ $member_visibility:vis $member:ident: $type:ty = $kind:ident($name:literal),)+
        }
        $(requires($one:literal, $other:literal))?
    ) => {
        $(#[doc = $about])+
        $visibility struct $input {
            $($(#[doc = $doc])+ $member_visibility $member: $type,)+
        }

        impl $crate::http::FromFields for $input {
            fn from_fields(fields: &mut $crate::http::Fields) -> Option<Self> {
                $(fields.requires($one, $other);)?
                $(let $member: Option<$type> = fields.$kind($name);)+
                Some(Self { $($member: $member?,)+ })
            }
        }

        impl utoipa::PartialSchema for $input {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::http::Members::new(concat!($($about, "\n"),+))
                    $(.requires($one, $other))?
                    $(.$kind($name, concat!($($doc, "\n"),+), |input: &Self| &input.$member))+
                    .into_schema()
            }
        }

        impl utoipa::ToSchema for $input {}
    };
}

/// The schema of a request body: an object with exactly these members.
#[derive(Default)]
pub struct Members {
    object: ObjectBuilder,
    dependent: Option<(&'static str, &'static str)>,
}

/// The function that reads a member, from which its type is inferred.
type Of<S, T> = fn(&S) -> &T;

impl Members {
    /// Begins a body without members, with the Rust doc comment as its description.
    #[must_use]
    pub fn new(description: &str) -> Self {
        let object = ObjectBuilder::new().description(Some(text(description)));
        let object = object.additional_properties(Some(AdditionalProperties::FreeForm(false)));
        Self { object, dependent: None }
    }

    /// Adds a member that must be present and not `null`.
    #[must_use]
    pub fn required<S, T: PartialSchema>(mut self, name: &str, description: &str, _: Of<S, T>) -> Self {
        self.object = self.object.required(name);
        self.member(name, described(T::schema(), description))
    }

    /// Adds a member that may be missing or `null`.
    #[must_use]
    pub fn optional<S, T: PartialSchema>(self, name: &str, description: &str, _: Of<S, Option<T>>) -> Self {
        self.member(name, nullable(described(T::schema(), description)))
    }

    /// Adds a member that gets its default if it is missing.
    #[must_use]
    pub fn or_default<S, T>(self, name: &str, description: &str, _: Of<S, T>) -> Self
    where
        T: PartialSchema + Default + Serialize,
    {
        let mut schema = described(T::schema(), description);
        schema.default = serde_json::to_value(T::default()).ok();
        self.member(name, schema)
    }

    /// Adds a member that may be missing, but not `null`.
    #[must_use]
    pub fn patch<S, T: PartialSchema>(self, name: &str, description: &str, _: Of<S, Option<T>>) -> Self {
        self.member(name, described(T::schema(), description))
    }

    /// Adds a member that may be missing, and that `null` removes.
    #[must_use]
    pub fn change<S, T: PartialSchema>(self, name: &str, description: &str, _: Of<S, Change<T>>) -> Self {
        self.member(name, nullable(described(T::schema(), description)))
    }

    /// Declares that `other` must be present if `one` is.
    #[must_use]
    pub fn requires(mut self, one: &'static str, other: &'static str) -> Self {
        self.dependent = Some((one, other));
        self
    }

    /// Returns the schema.
    #[must_use]
    pub fn into_schema(self) -> RefOr<Schema> {
        // utoipa's objects have no member for `dependentRequired` (JSON Schema Validation, section 6.5.4).
        let dependent = self.dependent.map(|(one, other)| ("dependentRequired", json!({one: [other]})));
        let extensions = dependent.map(|dependent| Extensions::from_iter([dependent]));
        self.object.extensions(extensions).into()
    }

    fn member(mut self, name: &str, schema: Object) -> Self {
        self.object = self.object.property(name, schema);
        self
    }
}

/// Returns the schema with another description. Every member is an object of utoipa's: a string, a number or a boolean.
fn described(schema: RefOr<Schema>, description: &str) -> Object {
    let mut object = match schema {
        RefOr::T(Schema::Object(object)) => object,
        other => unreachable!("not a simple schema: {}", serde_json::json!(other)),
    };
    object.description = Some(text(description));
    object
}

/// Returns the schema with `null` allowed as well.
fn nullable(mut object: Object) -> Object {
    if let SchemaType::Type(simple) = object.schema_type {
        object.schema_type = SchemaType::Array(vec![simple, Type::Null]);
    }
    if let Some(values) = &mut object.enum_values {
        values.push(Value::Null);
    }
    object
}

/// Joins the lines of a doc comment, each of which begins with a space.
fn text(documentation: &str) -> String {
    documentation.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}
