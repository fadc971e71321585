//! The Lambda Runtime API, from which functions get events and to which they send answers.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>
//! Each instance has its own listener, so its variable `AWS_LAMBDA_RUNTIME_API` is `host:port`, as on AWS.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::extensions_api;
use super::instances::{Delivery, InvokeError, MAX_PAYLOAD_BYTES, MAX_STREAM_BYTES, Pool, Reply};
use super::response::{Body, Response, failure};
use super::response_payload::DELIMITER;
use super::trace;
use crate::server::guard::Kind;
use crate::server::serve::{Limits, serve};

/// The content type of an answer with a prelude.
const WITH_PRELUDE: &str = "application/vnd.awslambda.http-integration-response";

/// The prefix of the paths in this version of the API.
const PREFIX: &str = "/2018-06-01/runtime/";

/// Serves the API to one instance in a task that runs until it is aborted. Its connections end with the process.
pub(crate) fn serve_instance(
    listener: TcpListener,
    stop: watch::Receiver<bool>,
    pool: Arc<Pool>,
    instance: Uuid,
) -> JoinHandle<()> {
    // A function may work for minutes without sending anything.
    let limits = Limits { head_timeout: None, kind: Kind::Internal };
    tokio::spawn(serve(listener, limits, stop, move |request, _| {
        let pool = Arc::clone(&pool);
        async move { handle(&pool, instance, request).await }
    }))
}

/// Answers a request of an instance.
async fn handle(pool: &Arc<Pool>, instance: Uuid, request: Request<Incoming>) -> Response {
    let path = request.uri().path().to_owned();
    if let Some(call) = path.strip_prefix(extensions_api::PREFIX) {
        return extensions_api::handle(pool.function(), call, request).await;
    }
    let Some(call) = path.strip_prefix(PREFIX) else {
        return failure(StatusCode::NOT_FOUND, "InvalidPath", "not a call of the Runtime API");
    };
    let call: Vec<&str> = call.split('/').collect();
    match (request.method(), call.as_slice()) {
        (&Method::GET, ["invocation", "next"]) => next(pool, instance).await,
        (&Method::POST, ["invocation", id, "response"]) => {
            let (reply, limit) = match pool.pieces(instance, id) {
                Some(pieces) => (forward(request, pieces).await, MAX_STREAM_BYTES),
                None => (whole(request).await, MAX_PAYLOAD_BYTES),
            };
            match reply {
                Ok(Err(InvokeError::ResponseTooLarge)) => {
                    pool.complete(instance, id, Err(InvokeError::ResponseTooLarge));
                    let message = format!("Exceeded maximum allowed payload size ({limit} bytes).");
                    failure(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message)
                }
                Ok(reply) => completed(pool.complete(instance, id, reply)),
                // The process ended during its answer. Its end is reported separately.
                Err(()) => failure(StatusCode::BAD_REQUEST, "InvalidBody", "the body ended early"),
            }
        }
        (&Method::POST, ["invocation", id, "error"]) => {
            let error = InvokeError::Function(error_body(request).await);
            completed(pool.complete(instance, id, Err(error)))
        }
        (&Method::POST, ["init", "error"]) => {
            pool.init_failed(instance, error_body(request).await);
            accepted()
        }
        _ => failure(StatusCode::NOT_FOUND, "InvalidPath", "not a call of the Runtime API"),
    }
}

async fn next(pool: &Arc<Pool>, instance: Uuid) -> Response {
    let delivery = match pool.next(instance) {
        Some(event) => event.await.ok(),
        None => None,
    };
    let Some(Delivery { event, deadline }) = delivery else {
        return failure(StatusCode::GONE, "InvalidInstance", "the instance is being stopped");
    };
    let mut response = http::Response::new(Body::from(event.payload));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in [
        ("lambda-runtime-aws-request-id", event.request_id.as_str()),
        ("lambda-runtime-deadline-ms", deadline.to_string().as_str()),
        ("lambda-runtime-trace-id", trace::with_parent(&event.trace_id).as_str()),
        ("lambda-runtime-invoked-function-arn", pool.arn()),
        ("lambda-runtime-client-context", event.client_context.as_deref().unwrap_or_default()),
    ] {
        if value.is_empty() {
            continue;
        }
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    response
}

/// Passes the answer on piece by piece, always with a prelude.
async fn forward(request: Request<Incoming>, pieces: mpsc::Sender<Bytes>) -> Result<Reply, ()> {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type != Some(WITH_PRELUDE) {
        let content_type = content_type.unwrap_or("application/octet-stream");
        let prelude = json!({ "statusCode": 200, "headers": { "content-type": content_type } });
        let _ = pieces.send([prelude.to_string().as_bytes(), &DELIMITER].concat().into()).await;
    }
    let mut body = request.into_body();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        match frame.map_err(drop)?.into_data() {
            Ok(data) => {
                length += data.len();
                if length > MAX_STREAM_BYTES {
                    return Ok(Err(InvokeError::ResponseTooLarge));
                }
                // The function runs to its end even if the client is gone; its pieces are dropped.
                let _ = pieces.send(data).await;
            }
            Err(frame) => {
                if let Some(error) = frame.trailers_ref().and_then(stream_error) {
                    return Ok(Err(InvokeError::Function(error)));
                }
            }
        }
    }
    Ok(Ok(Bytes::new()))
}

/// Returns the error that a function reports in the trailers of its answer.
fn stream_error(trailers: &HeaderMap) -> Option<Value> {
    let kind = trailers.get("lambda-runtime-function-error-type")?.to_str().ok()?;
    let body = trailers.get("lambda-runtime-function-error-body").and_then(|body| STANDARD.decode(body).ok());
    let body = body.unwrap_or_default();
    Some(
        serde_json::from_slice(&body)
            .unwrap_or_else(|_| json!({ "errorType": kind, "errorMessage": String::from_utf8_lossy(&body) })),
    )
}

/// Collects the answer, a streamed one (`Lambda-Runtime-Function-Response-Mode: streaming`) as well, because an HTTP
/// API cannot stream.
async fn whole(request: Request<Incoming>) -> Result<Reply, ()> {
    Ok(body(request).await?.ok_or(InvokeError::ResponseTooLarge))
}

/// Returns the whole body, or `None` if it exceeds Lambda's limit.
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
        |_| json!({ "errorType": "Unhandled", "errorMessage": String::from_utf8_lossy(&body) }),
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
    let mut response = http::Response::new(Body::from(Bytes::from_static(br#"{"status":"OK"}"#)));
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: Option<&str>, body: &str) -> Option<Value> {
        let mut trailers = HeaderMap::new();
        if let Some(kind) = kind {
            trailers.insert("lambda-runtime-function-error-type", kind.parse().unwrap());
        }
        trailers.insert("lambda-runtime-function-error-body", STANDARD.encode(body).parse().unwrap());
        stream_error(&trailers)
    }

    #[test]
    fn trailers_say_what_a_stream_failed_with() {
        let reported = json!({ "errorType": "A", "errorMessage": "b" });
        assert_eq!(error(Some("Runtime.StreamError"), &reported.to_string()), Some(reported));
        assert_eq!(
            error(Some("Runtime.StreamError"), "b"),
            Some(json!({ "errorType": "Runtime.StreamError", "errorMessage": "b" }))
        );
        assert_eq!(error(None, "b"), None);
    }
}
