use axum::http::HeaderMap;
use axum::response::Response;
use shared::http::{Error, FixedParams};

use crate::file::DOCUMENT;

const MAX_AGE_SECONDS: u32 = 300;

/// Get the OpenAPI document
///
/// This description of the API, for programs.
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    tag = "documentation",
    operation_id = "getOpenApi",
    params(FixedParams),
    responses((status = 200, description = "The document", body = Object, content_type = "application/json")),
)]
pub(crate) async fn document(headers: HeaderMap) -> Result<Response, Error> {
    DOCUMENT.answer(&headers, MAX_AGE_SECONDS)
}
