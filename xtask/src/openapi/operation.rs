//! Queries about an operation.

use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::security::SecurityRequirement;

/// Returns the parameters of the operation. None of them is a reference.
pub(super) fn parameters(operation: &Operation) -> impl Iterator<Item = &Parameter> {
    operation.parameters.iter().flatten().filter_map(inline)
}

/// Tells whether the operation takes this parameter.
pub(super) fn has_parameter(operation: &Operation, name: &str) -> bool {
    parameters(operation).any(|parameter| parameter.name == name)
}

/// Tells whether the operation takes parameters at this place of a request.
pub(super) fn has_parameters_in(operation: &Operation, place: &ParameterIn) -> bool {
    parameters(operation).any(|parameter| parameter.parameter_in == *place)
}

/// Returns the media types of its request body.
pub(super) fn body_types(operation: &Operation) -> impl Iterator<Item = &str> {
    let body = operation.request_body.as_ref().and_then(inline);
    body.into_iter().flat_map(|body| body.content.keys()).map(String::as_str)
}

/// Tells whether the operation takes this security scheme, alone or as one of several.
pub(super) fn takes_security(operation: &Operation, scheme: &str) -> bool {
    let requirement = SecurityRequirement::new::<_, [&str; 0], &str>(scheme, []);
    operation.security.iter().flatten().any(|one| *one == requirement)
}

/// Tells whether a request must authenticate.
pub(super) fn requires_security(operation: &Operation) -> bool {
    operation
        .security
        .as_ref()
        .is_some_and(|all| !all.is_empty() && !all.contains(&SecurityRequirement::default()))
}

/// Returns a value that is inline and not a reference.
pub(super) fn inline<T>(value: &RefOr<T>) -> Option<&T> {
    match value {
        RefOr::T(value) => Some(value),
        RefOr::Ref(_) => None,
    }
}

/// Returns the inline value, for changes.
pub(super) fn inline_mut<T>(value: &mut RefOr<T>) -> Option<&mut T> {
    match value {
        RefOr::T(value) => Some(value),
        RefOr::Ref(_) => None,
    }
}
