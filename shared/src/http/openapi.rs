//! The parts of the OpenAPI document that many operations share.

use serde_json::json;
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Server, ServerBuilder, ServerVariableBuilder, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// Any JSON object.
pub struct AnyObject;

impl PartialSchema for AnyObject {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(true)));
        object.description(Some("Any JSON object.")).examples([json!({"name": "Ada"})]).into()
    }
}

impl ToSchema for AnyObject {}

/// A condition on the version of a resource: `*`, or a list of entity tags (RFC 9110, section 8.8.3).
pub(super) struct EntityTags;

impl PartialSchema for EntityTags {
    fn schema() -> RefOr<Schema> {
        let tag = r#"(W/)?"[!#-~]*""#;
        let list = format!(r"^(\*|{tag}([\t ]*,[\t ]*{tag})*)$");
        ObjectBuilder::new().schema_type(Type::String).pattern(Some(list)).examples([json!("\"1\"")]).into()
    }
}

impl ToSchema for EntityTags {}

/// The parameters of a page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what `ListRequest` reads")]
pub struct ListParams {
    /// The number of the page. Pages that begin after the first 10,000 items are available by `cursor` only.
    #[param(minimum = 1, default = 1, required = false, example = 1)]
    page: u32,
    /// The maximum number of items on the page.
    #[param(minimum = 1, maximum = 100, default = 10, required = false, example = 10)]
    limit: u32,
    /// The `nextCursor` of the previous page of the same list. It replaces `page`.
    #[param(required = false)]
    cursor: String,
}

/// Headers of a conditional read (RFC 9110, section 13).
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, clippy::struct_field_names, reason = "describes the headers that `Preconditions` reads")]
pub struct ReadParams {
    /// The `ETag` of the version that the client has. If it is the current one, the response is 304.
    #[param(rename = "If-None-Match", required = false)]
    if_none_match: String,
    /// The `Last-Modified` of the version that the client has. If the resource has not changed since, the
    /// response is 304.
    #[param(rename = "If-Modified-Since", required = false)]
    if_modified_since: String,
    /// The `ETag` of the version that the client requires. If it is not the current one, the response is 412.
    #[param(rename = "If-Match", required = false, value_type = EntityTags, inline)]
    if_match: String,
    /// The `Last-Modified` of the version that the client requires. If the resource has changed since, the response is
    /// 412.
    #[param(rename = "If-Unmodified-Since", required = false)]
    if_unmodified_since: String,
}

/// The headers of a conditional read of a resource without a modification time.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes what `Fixed` reads")]
pub struct FixedParams {
    /// The `ETag` of the version that the client has. If it is the current one, the response is 304.
    #[param(rename = "If-None-Match", required = false)]
    if_none_match: String,
    /// The `ETag` of the version that the client requires. If it is not the current one, the response is 412.
    #[param(rename = "If-Match", required = false, value_type = EntityTags, inline)]
    if_match: String,
}

/// Headers of a conditional write (RFC 9110, section 13).
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, clippy::struct_field_names, reason = "describes the headers that `Preconditions` reads")]
pub struct WriteParams {
    /// The `ETag` of the version that the client has seen. If it is not the current one, nothing changes and the
    /// response is 412.
    #[param(rename = "If-Match", required = false, value_type = EntityTags, inline)]
    if_match: String,
    /// The `Last-Modified` of the version that the client has seen. If the resource has changed since, nothing
    /// changes and the response is 412.
    #[param(rename = "If-Unmodified-Since", required = false)]
    if_unmodified_since: String,
    /// An `ETag`, or `*` for any version. If the resource has it, nothing changes and the response is 412.
    #[param(rename = "If-None-Match", required = false, value_type = EntityTags, inline)]
    if_none_match: String,
}

/// Returns the servers of a function that answers at its own URL.
pub(super) fn function_url(function: &str) -> [Server; 2] {
    let variable = |value: &str, description| {
        ServerVariableBuilder::new().default_value(value).description(Some(description))
    };
    let local = ServerBuilder::new()
        .url(format!("/lambda-url/{function}"))
        .description(Some("The URL of the function on this machine, under the host of `make run`"));
    let deployed = ServerBuilder::new()
        .url("https://{id}.lambda-url.{region}.on.aws")
        .description(Some("The URL of the function on AWS, which is an output of the stack"))
        .parameter("id", variable("id", "The id of the URL"))
        .parameter("region", variable("us-east-1", "The region of the stack"));
    [local.build(), deployed.build()]
}
