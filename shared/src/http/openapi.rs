//! What many operations have in common in the OpenAPI document.

use utoipa::IntoParams;
use utoipa::openapi::{OpenApiBuilder, ServerBuilder, ServerVariableBuilder};
use utoipa_axum::router::OpenApiRouter;

/// Which part of a list is asked for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what `ListRequest` reads")]
pub struct ListParams {
    /// The page's number, from 1. Pages that begin past the first 10,000 items are read with `cursor`.
    #[param(minimum = 1, default = 1, required = false)]
    page: u32,
    /// Items a page, at most.
    #[param(minimum = 1, maximum = 100, default = 10, required = false)]
    limit: u32,
    /// The `nextCursor` of the page before, in the same list; instead of `page`.
    #[param(required = false)]
    cursor: String,
}

/// Headers of a conditional read (RFC 9110, section 13).
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, clippy::struct_field_names, reason = "describes the headers that `Preconditions` reads")]
pub struct ReadParams {
    /// An `ETag` that the client has: 304 where it is still the same.
    #[param(rename = "If-None-Match", required = false)]
    if_none_match: String,
    /// A `Last-Modified` that the client has: 304 where it is still the same.
    #[param(rename = "If-Modified-Since", required = false)]
    if_modified_since: String,
    /// The `ETag` that the client has seen: 412 where it is another by now.
    #[param(rename = "If-Match", required = false)]
    if_match: String,
    /// The `Last-Modified` that the client has seen: 412 where it is later by now.
    #[param(rename = "If-Unmodified-Since", required = false)]
    if_unmodified_since: String,
}

/// The headers of a conditional read of what has no time of its last change.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes what `Fixed` reads")]
pub struct FixedParams {
    /// An `ETag` that the client has: 304 where it is still the same.
    #[param(rename = "If-None-Match", required = false)]
    if_none_match: String,
    /// The `ETag` that the client has seen: 412 where it is another by now.
    #[param(rename = "If-Match", required = false)]
    if_match: String,
}

/// Headers of a conditional write (RFC 9110, section 13).
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, clippy::struct_field_names, reason = "describes the headers that `Preconditions` reads")]
pub struct WriteParams {
    /// The `ETag` that the client has seen: 412 where it is another by now.
    #[param(rename = "If-Match", required = false)]
    if_match: String,
    /// The `Last-Modified` that the client has seen: 412 where it is later by now.
    #[param(rename = "If-Unmodified-Since", required = false)]
    if_unmodified_since: String,
    /// An `ETag`, or `*` for any: 412 where the resource has it.
    #[param(rename = "If-None-Match", required = false)]
    if_none_match: String,
}

/// The beginning of the routes of a function that answers at a URL of its own, and not through the HTTP API.
#[must_use]
pub fn function_url_routes<D>(function: &str) -> OpenApiRouter<D>
where
    D: Clone + Send + Sync + 'static,
{
    let variable = |value: &str, description| {
        ServerVariableBuilder::new().default_value(value).description(Some(description))
    };
    let local = ServerBuilder::new()
        .url(format!("/lambda-url/{function}"))
        .description(Some("The function's URL under `make run`"));
    let deployed = ServerBuilder::new()
        .url("https://{id}.lambda-url.{region}.on.aws")
        .description(Some("The function's URL on AWS, an output of the stack"))
        .parameter("id", variable("id", "The URL's id"))
        .parameter("region", variable("us-east-1", "The stack's region"));
    let document = OpenApiBuilder::new().servers(Some([local.build(), deployed.build()])).build();
    OpenApiRouter::with_openapi(document)
}
