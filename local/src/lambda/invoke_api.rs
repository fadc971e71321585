//! The part of Lambda's Invoke API that `aws lambda invoke --endpoint-url` and the SDKs use.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};

use super::async_queue::Queue;
use super::instances::{Invocation, InvokeError, MAX_PAYLOAD_BYTES, Pools};
use super::request_payload::decode_path;
use super::response::{Body, Response};
use super::trace;

/// Lambda's limit for an asynchronous event, in bytes.
const MAX_EVENT_BYTES: usize = 1024 * 1024;

/// Answers a request to the Invoke API.
pub(crate) async fn handle(pools: Pools, queue: Arc<Queue>, request: Request<Incoming>) -> Response {
    let (parts, body) = request.into_parts();
    let name = parts
        .uri
        .path()
        .strip_prefix("/2015-03-31/functions/")
        .and_then(|rest| rest.strip_suffix("/invocations"))
        .filter(|_| parts.method == Method::POST);
    let Some(name) = name else {
        return failure(StatusCode::NOT_FOUND, "UnknownOperationException", "only Invoke is emulated");
    };
    let Ok(name) = decode_path(name) else {
        return failure(StatusCode::BAD_REQUEST, "InvalidParameterValueException", "the function's name");
    };
    let Some(pool) = pools.find(&name) else {
        let error = InvokeError::UnknownFunction(name.into_owned());
        return failure(StatusCode::NOT_FOUND, "ResourceNotFoundException", &error.to_string());
    };
    let Ok(payload) = Limited::new(body, MAX_PAYLOAD_BYTES).collect().await else {
        return failure(StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLargeException", "the event is too long");
    };
    let payload = match payload.to_bytes() {
        empty if empty.is_empty() => Bytes::from_static(b"{}"),
        payload => payload,
    };
    if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(&payload) {
        let message = format!("Could not parse request body into json: {error}");
        return failure(StatusCode::BAD_REQUEST, "InvalidRequestContentException", &message);
    }
    match parts.headers.get("x-amz-invocation-type").map(HeaderValue::as_bytes) {
        Some(b"DryRun") => empty(StatusCode::NO_CONTENT),
        Some(b"Event") if payload.len() > MAX_EVENT_BYTES => {
            failure(StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLargeException", "the event is too long")
        }
        Some(b"Event") => {
            let mut response = empty(StatusCode::ACCEPTED);
            if let Ok(id) = HeaderValue::from_str(&queue.accept(pool, payload)) {
                response.headers_mut().insert("x-amzn-requestid", id);
            }
            response
        }
        _ => answered(pool.invoke(payload, trace::new()).await),
    }
}

fn answered(result: Result<Invocation, InvokeError>) -> Response {
    let (payload, failed, id) = match result {
        Ok(invocation) => (invocation.payload, false, Some(invocation.request_id)),
        Err(InvokeError::Throttled) => {
            return failure(StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException", "Rate Exceeded.");
        }
        Err(InvokeError::Stopping) => {
            return failure(StatusCode::SERVICE_UNAVAILABLE, "ServiceException", "local is stopping");
        }
        Err(error) => (Bytes::from(error.payload().to_string()), true, None),
    };
    let mut response = http::Response::new(Body::from(payload));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("x-amz-executed-version", HeaderValue::from_static("$LATEST"));
    if failed {
        headers.insert("x-amz-function-error", HeaderValue::from_static("Unhandled"));
    }
    if let Some(id) = id.and_then(|id| HeaderValue::from_str(&id).ok()) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}

fn failure(status: StatusCode, kind: &'static str, message: &str) -> Response {
    let body: Value = json!({ "Type": "User", "Message": message });
    let mut response = http::Response::new(Body::from(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(kind));
    response
}
