use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::Response;
use shared::http::{AnyObject, Error, FixedParams};

use crate::file::DOCUMENT;

const MAX_AGE: Duration = Duration::from_mins(5);

/// Get the OpenAPI document
///
/// The description of the API in a machine-readable form.
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    tag = "documentation",
    operation_id = "getOpenApi",
    params(FixedParams),
    responses((status = 200, description = "The document.", body = AnyObject, content_type = "application/json", example = json!({"openapi": "3.1.0", "info": {"title": "Serverless API", "version": "0.1.0"}}))),
)]
pub(crate) async fn document(headers: HeaderMap) -> Result<Response, Error> {
    DOCUMENT.answer(&headers, MAX_AGE)
}
