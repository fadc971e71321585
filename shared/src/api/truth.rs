use serde::{Serialize, Serializer};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// A member that is always `true`.
pub struct True;

impl Serialize for True {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(true)
    }
}

impl PartialSchema for True {
    fn schema() -> RefOr<Schema> {
        let always = ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([true]));
        always.description(Some("Always `true`.")).into()
    }
}

impl ToSchema for True {}
