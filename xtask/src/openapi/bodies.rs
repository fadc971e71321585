//! Examples of whole bodies, composed from the examples of their members.

use serde_json::Value;
use utoipa::openapi::content::Content;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ArrayItems, SchemaType};
use utoipa::openapi::{Components, Ref, RefOr, Schema, Type};

use super::operation::inline_mut;

/// Adds an example to each body of `operation` that has none, as a component that bodies of the same schema share.
pub(super) fn add(operation: &mut Operation, components: &mut Components) {
    let request = operation.request_body.as_mut().and_then(inline_mut);
    let responses = operation.responses.responses.values_mut().filter_map(inline_mut);
    let contents = request.into_iter().flat_map(|body| body.content.values_mut());
    for content in contents.chain(responses.flat_map(|response| response.content.values_mut())) {
        if let Some(content) = inline_mut(content).filter(|content| content.example.is_none()) {
            add_to(content, components);
        }
    }
}

fn add_to(content: &mut Content, components: &mut Components) {
    let Some(RefOr::Ref(schema)) = &content.schema else { return };
    let Some(name) = schema_name(schema) else { return };
    let Some(example) = of_component(name, components) else { return };
    let reference = Ref::new(format!("#/components/examples/{name}"));
    content.examples.insert(name.to_owned(), RefOr::Ref(reference));
    let example = ExampleBuilder::new().summary(name).value(Some(example)).build();
    components.examples.insert(name.to_owned(), RefOr::T(example));
}

fn schema_name(reference: &Ref) -> Option<&str> {
    reference.ref_location.strip_prefix("#/components/schemas/")
}

fn of_component(name: &str, components: &Components) -> Option<Value> {
    of(components.schemas.get(name)?, components)
}

/// Returns a value of the schema: its own example, or one composed of its members' examples.
fn of(schema: &RefOr<Schema>, components: &Components) -> Option<Value> {
    let schema = match schema {
        RefOr::Ref(reference) => return of_component(schema_name(reference)?, components),
        RefOr::T(schema) => schema,
    };
    match schema {
        Schema::Object(object) => {
            let values = object.enum_values.iter().flatten();
            let always =
                (object.schema_type == SchemaType::Type(Type::Boolean)).then_some(&Value::Bool(true));
            let mut own = object
                .example
                .iter()
                .chain(&object.examples)
                .chain(&object.default)
                .chain(values)
                .chain(always);
            own.next().cloned().or_else(|| {
                let members = object.properties.iter();
                let members: Option<serde_json::Map<String, Value>> =
                    members.map(|(name, schema)| Some((name.clone(), of(schema, components)?))).collect();
                members.filter(|members| !members.is_empty()).map(Value::Object)
            })
        }
        Schema::Array(array) => match &array.items {
            ArrayItems::RefOrSchema(items) => Some(vec![of(items, components)?].into()),
            ArrayItems::False => None,
        },
        Schema::OneOf(choice) => choice.items.iter().find_map(|item| of(item, components)),
        _ => None,
    }
}
