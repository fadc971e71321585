use axum::http::request::Parts;
use axum::response::IntoResponse;

use crate::echo::EchoBody;

/// Echo a request
///
/// Returns the method, path, query, headers and cookies of the request. Values of cookies and of headers with
/// credentials are masked.
#[utoipa::path(
    get,
    path = "/api/example",
    tag = "operations",
    operation_id = "getExample",
    responses(
        (status = 200, description = "The content of the request.", body = EchoBody, headers(
            ("X-API-Version" = String, description = "The version of the API."),
        )),
    ),
)]
pub(crate) async fn get(request: Parts) -> impl IntoResponse {
    EchoBody::of(&request, None)
}
