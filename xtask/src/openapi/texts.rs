//! The descriptions that come from Rust's documentation comments.

use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::{Components, RefOr, Schema};

use super::operation::inline_mut;

/// Joins the lines of paragraphs, and gives parameters without a description that of their schemas.
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

/// Removes the line breaks of the source, which Swagger UI's Markdown would keep.
fn unwrapped(text: &str) -> String {
    let paragraphs: Vec<String> = text.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect();
    paragraphs.join("\n\n")
}
