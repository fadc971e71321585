//! The Lambda Extensions API, as far as a function's own process uses it.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>
//! `local` starts no extensions of layers. A runtime may register an internal extension without events, as `lambda_runtime`
//! does so that Lambda sends SIGTERM before it stops the process. `local` stops processes with SIGKILL in any case.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Collected, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};
use uuid::Uuid;

use super::response::{Body, Response, failure};
use crate::template::Function;

/// The prefix of the paths in this version of the API.
pub(super) const PREFIX: &str = "/2020-01-01/extension/";

/// The longest body of a registration, in bytes.
const MAX_REGISTRATION_BYTES: usize = 64 * 1024;

/// Answers a call of a function's process; `call` is the path behind the prefix.
pub(super) async fn handle(function: &Function, call: &str, request: Request<Incoming>) -> Response {
    match (request.method(), call) {
        (&Method::POST, "register") => register(function, request).await,
        // An extension without events waits until its process ends.
        (&Method::GET, "event/next") => std::future::pending().await,
        _ => {
            failure(StatusCode::NOT_FOUND, "InvalidPath", "not a call of the Extensions API that local knows")
        }
    }
}

async fn register(function: &Function, request: Request<Incoming>) -> Response {
    let body = Limited::new(request.into_body(), MAX_REGISTRATION_BYTES).collect().await;
    let body = body.map(Collected::to_bytes).unwrap_or_default();
    let registration: Value = serde_json::from_slice(&body).unwrap_or_default();
    if registration["events"].as_array().is_some_and(|events| !events.is_empty()) {
        let message = "local sends no events to extensions: register without events";
        return failure(StatusCode::FORBIDDEN, "Extension.EventsNotSupported", message);
    }
    let body = json!({ "functionName": function.name, "functionVersion": "$LATEST", "handler": "bootstrap" })
        .to_string();
    let mut response = http::Response::new(Body::from(Bytes::from(body)));
    if let Ok(id) = HeaderValue::from_str(&Uuid::new_v4().to_string()) {
        response.headers_mut().insert("lambda-extension-identifier", id);
    }
    response
}
