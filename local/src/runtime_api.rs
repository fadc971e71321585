//! The Lambda Runtime API, which functions ask for events and answer to.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>
//! One listener serves every instance: each has its own base path, `/{pool}/{instance}`.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    instances::{InvokeError, MAX_PAYLOAD_BYTES, Pool, reason},
    response::Response,
};

/// Answers a request of an instance.
pub(crate) async fn handle(pools: Arc<[Arc<Pool>]>, request: Request<Incoming>) -> Response {
    let path = request.uri().path().to_owned();
    let Some((pool, instance, call)) = addressed(&pools, &path) else {
        return failure(StatusCode::FORBIDDEN, "InvalidInstance", "no such instance");
    };
    let call: Vec<&str> = call.split('/').collect();
    match (request.method(), call.as_slice()) {
        (&Method::GET, ["invocation", "next"]) => next(pool, instance).await,
        (&Method::POST, ["invocation", id, "response"]) => match body(request).await {
            Ok(Some(payload)) => completed(pool.complete(instance, id, Ok(payload))),
            Ok(None) => {
                pool.complete(instance, id, Err(InvokeError::ResponseTooLarge));
                failure(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "RequestEntityTooLarge",
                    &format!("Exceeded maximum allowed payload size ({MAX_PAYLOAD_BYTES} bytes)."),
                )
            }
            // The process ended in the middle of its answer; its end is reported on its own.
            Err(()) => failure(StatusCode::BAD_REQUEST, "InvalidBody", "the body ended early"),
        },
        (&Method::POST, ["invocation", id, "error"]) => {
            let error = InvokeError::Function(error_body(request).await);
            completed(pool.complete(instance, id, Err(error)))
        }
        (&Method::POST, ["init", "error"]) => {
            pool.init_failed(instance, reason(&error_body(request).await));
            accepted()
        }
        _ => failure(StatusCode::NOT_FOUND, "InvalidPath", "not a call of the Runtime API"),
    }
}

/// The pool and the instance that a path names, and the call.
fn addressed<'a>(pools: &'a [Arc<Pool>], path: &'a str) -> Option<(&'a Arc<Pool>, Uuid, &'a str)> {
    let (pool, rest) = path.strip_prefix('/')?.split_once('/')?;
    let (instance, call) = rest.split_once("/2018-06-01/runtime/")?;
    Some((pools.get(pool.parse::<usize>().ok()?)?, instance.parse().ok()?, call))
}

async fn next(pool: &Arc<Pool>, instance: Uuid) -> Response {
    let delivery = match pool.next(instance) {
        Some(event) => event.await.ok(),
        None => None,
    };
    let Some(delivery) = delivery else {
        return failure(StatusCode::GONE, "InvalidInstance", "the instance is being stopped");
    };
    let mut response = http::Response::new(Full::new(delivery.payload));
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in [
        ("lambda-runtime-aws-request-id", delivery.request_id.as_str()),
        ("lambda-runtime-deadline-ms", delivery.deadline.to_string().as_str()),
        ("lambda-runtime-trace-id", delivery.trace_id.as_str()),
        ("lambda-runtime-invoked-function-arn", pool.arn.as_str()),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    response
}

/// The whole body; `None` when it is longer than Lambda takes.
///
/// A streamed answer (`Lambda-Runtime-Function-Response-Mode: streaming`) is collected too: an HTTP API
/// cannot pass a stream on.
async fn body(request: Request<Incoming>) -> Result<Option<Bytes>, ()> {
    match Limited::new(request.into_body(), MAX_PAYLOAD_BYTES).collect().await {
        Ok(body) => Ok(Some(body.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Ok(None),
        Err(_) => Err(()),
    }
}

async fn error_body(request: Request<Incoming>) -> Value {
    let body = body(request).await.ok().flatten().unwrap_or_default();
    serde_json::from_slice(&body).unwrap_or_else(
        |_| serde_json::json!({ "errorType": "Unhandled", "errorMessage": String::from_utf8_lossy(&body) }),
    )
}

fn completed(known: bool) -> Response {
    if known {
        accepted()
    } else {
        failure(StatusCode::BAD_REQUEST, "InvalidRequestID", "not the invocation that the instance has")
    }
}

fn accepted() -> Response {
    let mut response = http::Response::new(Full::new(Bytes::from_static(br#"{"status":"OK"}"#)));
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}

fn failure(status: StatusCode, kind: &str, message: &str) -> Response {
    let body = serde_json::json!({ "errorType": kind, "errorMessage": message }).to_string();
    let mut response = http::Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response
}
