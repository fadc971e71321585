//! Request bodies, each stated once: what [`Fields`](super::Fields) reads and what the document says of it.

use serde::Serialize;
use serde_json::Value;
use utoipa::PartialSchema;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::schema::{AdditionalProperties, SchemaType};
use utoipa::openapi::{Object, ObjectBuilder, RefOr, Schema, Type};

use super::Change;

/// Defines a request body: a struct that [`Fields`](crate::http::Fields) reads, and its schema.
///
/// Each member has its Rust name and type, and after `=` how it is read and its name in JSON. `required`, `optional`,
/// `or_default`, `patch` and `change` are methods of [`Fields`](crate::http::Fields) and of [`Members`], of the same
/// meaning. With `together`, two members come both or not at all.
#[macro_export]
macro_rules! input {
    (
        $(#[doc = $about:literal])+
        $visibility:vis struct $input:ident {
            $($(#[doc = $doc:literal])+ $member_visibility:vis $member:ident: $type:ty = $kind:ident($name:literal),)+
        }
        $(together($one:literal, $other:literal))?
    ) => {
        $(#[doc = $about])+
        $visibility struct $input {
            $($(#[doc = $doc])+ $member_visibility $member: $type,)+
        }

        impl $crate::http::FromFields for $input {
            fn from_fields(fields: &mut $crate::http::Fields) -> Option<Self> {
                $(fields.together($one, $other);)?
                $(let $member: Option<$type> = fields.$kind($name);)+
                Some(Self { $($member: $member?,)+ })
            }
        }

        impl utoipa::PartialSchema for $input {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::http::Members::new(concat!($($about, "\n"),+))
                    $(.together($one, $other))?
                    $(.$kind($name, concat!($($doc, "\n"),+), |input: &Self| &input.$member))+
                    .into_schema()
            }
        }

        impl utoipa::ToSchema for $input {}
    };
}

/// The schema of a request body: an object without other members than these.
#[derive(Default)]
pub struct Members {
    object: ObjectBuilder,
    dependent: Vec<(&'static str, &'static str)>,
}

/// A member's type, known by how to get the member of a body.
type Of<S, T> = fn(&S) -> &T;

impl Members {
    /// A body without members, and its description as Rust's documentation has it.
    #[must_use]
    pub fn new(description: &str) -> Self {
        let object = ObjectBuilder::new().description(Some(text(description)));
        let object = object.additional_properties(Some(AdditionalProperties::FreeForm(false)));
        Self { object, dependent: Vec::new() }
    }

    /// A member that must be there, and not `null`.
    #[must_use]
    pub fn required<S, T: PartialSchema>(mut self, name: &str, description: &str, _: Of<S, T>) -> Self {
        self.object = self.object.required(name);
        self.member(name, described(T::schema(), description))
    }

    /// A member that may be missing or `null`.
    #[must_use]
    pub fn optional<S, T: PartialSchema>(self, name: &str, description: &str, _: Of<S, Option<T>>) -> Self {
        self.member(name, nullable(described(T::schema(), description)))
    }

    /// A member that may be missing, and then has its default.
    #[must_use]
    pub fn or_default<S, T>(self, name: &str, description: &str, _: Of<S, T>) -> Self
    where
        T: PartialSchema + Default + Serialize,
    {
        let mut schema = described(T::schema(), description);
        schema.default = serde_json::to_value(T::default()).ok();
        self.member(name, schema)
    }

    /// A member that may be missing, but not `null`.
    #[must_use]
    pub fn patch<S, T: PartialSchema>(self, name: &str, description: &str, _: Of<S, Option<T>>) -> Self {
        self.member(name, described(T::schema(), description))
    }

    /// A member that may be missing, and that `null` removes.
    #[must_use]
    pub fn change<S, T: PartialSchema>(self, name: &str, description: &str, _: Of<S, Change<T>>) -> Self {
        self.member(name, nullable(described(T::schema(), description)))
    }

    /// Says that of these two members none is there without the other.
    #[must_use]
    pub fn together(mut self, one: &'static str, other: &'static str) -> Self {
        self.dependent.extend([(one, other), (other, one)]);
        self
    }

    /// Ends the body.
    #[must_use]
    pub fn into_schema(self) -> RefOr<Schema> {
        // utoipa's objects have no member for `dependentRequired` (JSON Schema Validation, section 6.5.4).
        let dependent: serde_json::Map<String, Value> = self
            .dependent
            .iter()
            .map(|(one, other)| ((*one).to_owned(), [*other].into_iter().collect()))
            .collect();
        let extensions = (!dependent.is_empty())
            .then(|| Extensions::from_iter([("dependentRequired", Value::from(dependent))]));
        self.object.extensions(extensions).into()
    }

    fn member(mut self, name: &str, schema: Object) -> Self {
        self.object = self.object.property(name, schema);
        self
    }
}

/// The schema with another description. All that a member can be is an object of utoipa's: a string, a number, a boolean.
fn described(schema: RefOr<Schema>, description: &str) -> Object {
    let mut object = match schema {
        RefOr::T(Schema::Object(object)) => object,
        other => unreachable!("not a simple schema: {}", serde_json::json!(other)),
    };
    object.description = Some(text(description));
    object
}

/// The schema that allows `null`, too.
fn nullable(mut object: Object) -> Object {
    if let SchemaType::Type(simple) = object.schema_type {
        object.schema_type = SchemaType::Array(vec![simple, Type::Null]);
    }
    if let Some(values) = &mut object.enum_values {
        values.push(Value::Null);
    }
    object
}

/// The text of a doc comment: its lines, each of which begins with a space, as one.
fn text(documentation: &str) -> String {
    documentation.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}
