//! The descriptions that Rust's documentation comments became.

use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::{Components, RefOr, Schema};

use super::operation::inline_mut;

/// Makes lines of paragraphs, and describes parameters that say nothing of themselves as their schemas are.
pub(super) fn finish(operation: &mut Operation, components: &Components) {
    if let Some(description) = &mut operation.description {
        *description = unwrapped(description);
    }
    for parameter in operation.parameters.iter_mut().flatten().filter_map(inline_mut) {
        let description = parameter.description.take().or_else(|| of_schema(parameter, components));
        parameter.description = description.as_deref().map(unwrapped);
    }
}

fn of_schema(parameter: &Parameter, components: &Components) -> Option<String> {
    let Some(RefOr::Ref(reference)) = &parameter.schema else { return None };
    let name = reference.ref_location.strip_prefix("#/components/schemas/")?;
    match components.schemas.get(name) {
        Some(RefOr::T(Schema::Object(object))) => object.description.clone(),
        _ => None,
    }
}

/// The text without the line breaks of its source: in Markdown as Swagger UI reads it, they would stay.
fn unwrapped(text: &str) -> String {
    let paragraphs: Vec<String> = text.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect();
    paragraphs.join("\n\n")
}
