use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;
use axum::response::IntoResponse;
use serde_json::value::RawValue;
use shared::http::{AnyObject, ContentType, Error, JsonObject, MultipartForm, check_acceptable, read_body};

use crate::echo::{Carried, EchoBody};

/// The largest form in bytes. The answer can be ten times as long, and Lambda's limit is 6 MB.
pub const MAX_FORM_BYTES: usize = 256 * 1024;

/// Echo a request with its body
///
/// Returns the method, path, query, headers, cookies and body of the request. A JSON object is returned unchanged. A
/// form is returned as a list of values for each field, and a file as its name, media type and size. Nothing is stored.
/// Values of cookies and of headers with credentials are masked. To store a file, use `/api/upload`.
#[utoipa::path(
    post,
    path = "/api/example",
    tag = "operations",
    operation_id = "createExample",
    request_body(content(
        (AnyObject = "application/json"), (AnyObject = "application/x-www-form-urlencoded"),
        (AnyObject = "multipart/form-data"),
    )),
    responses(
        (status = 200, description = "The content of the request.", body = EchoBody, headers(
            ("X-API-Version" = String, description = "The version of the API."),
        )),
    ),
)]
pub(crate) async fn create(request: Request) -> Result<impl IntoResponse, Error> {
    let (parts, body) = request.into_parts();
    let content_type = ContentType::of(&parts.headers);
    let carried = match content_type.essence() {
        // This media type has no parameters (WHATWG URL Standard).
        "application/x-www-form-urlencoded" => Carried::pairs(&form(&parts, body).await?),
        MultipartForm::MEDIA_TYPE => {
            Carried::form(&MultipartForm::read(&content_type, &form(&parts, body).await?)?)?
        }
        _ => Carried::Json(json(&parts, body).await?),
    };
    Ok(EchoBody::of(&parts, Some(carried)))
}

async fn form(parts: &Parts, body: Body) -> Result<Bytes, Error> {
    let body = read_body(&parts.headers, body, MAX_FORM_BYTES).await?;
    check_acceptable(&parts.extensions)?;
    Ok(body)
}

async fn json(parts: &Parts, body: Body) -> Result<Box<RawValue>, Error> {
    let request = Request::from_parts(parts.clone(), body);
    match JsonObject::from_request(request, &()).await {
        Ok(JsonObject(object)) => Ok(object),
        Err(Error::UnsupportedMediaType(_)) => Err(Error::UnsupportedMediaType(
            "application/json, in UTF-8, application/x-www-form-urlencoded or multipart/form-data",
        )),
        Err(error) => Err(error),
    }
}
