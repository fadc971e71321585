use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use serde_json::{Map, Value};
use shared::http::{AnyObject, Error, Fields, FromFields, Json, check_acceptable};

use crate::echo::{EchoBody, many};

/// The largest form in bytes; JSON may be as large.
const MAX_FORM_BYTES: usize = 256 * 1024;

/// Any JSON object.
struct Members(Map<String, Value>);

impl FromFields for Members {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self(fields.rest()))
    }
}

/// Show what a request carried, and its body
///
/// Returns what arrived: method, path, query, headers, cookies and body. A JSON object is returned as it is; of a
/// form, each field has a list of its values. Nothing is stored. Values of cookies and of headers that carry
/// credentials are masked. Files go to `/api/upload`.
#[utoipa::path(
    post,
    path = "/api/example",
    tag = "operations",
    operation_id = "createExample",
    request_body(content(
        (AnyObject = "application/json"), (AnyObject = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 200, description = "What the request carried.", body = EchoBody, headers(
            ("X-API-Version" = String, description = "The version of the API."),
        )),
    ),
)]
pub(crate) async fn create(request: Request) -> Result<impl IntoResponse, Error> {
    let (parts, body) = request.into_parts();
    let carried = if is_form(&parts.headers) {
        check_acceptable(&parts.extensions)?;
        let form = to_bytes(body, MAX_FORM_BYTES).await.map_err(|_| Error::TooLarge(MAX_FORM_BYTES))?;
        serde_json::to_value(many(&form)).unwrap_or_default()
    } else {
        let request = Request::from_parts(parts.clone(), body);
        let Json(Members(members)) = Json::from_request(request, &()).await.map_err(|error| match error {
            Error::UnsupportedMediaType(_) => Error::UnsupportedMediaType(
                "application/json, in UTF-8, or application/x-www-form-urlencoded",
            ),
            error => error,
        })?;
        Value::Object(members)
    };
    Ok(EchoBody::of(&parts, Some(carried)))
}

/// `application/x-www-form-urlencoded`, whatever its parameters: the format knows none (WHATWG URL Standard).
fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}
