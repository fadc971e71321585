//! The part of Lambda's Invoke API that `aws lambda invoke --endpoint-url` and the SDKs use.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::json;
use tokio::sync::watch;

use super::async_queue::Queue;
use super::instances::{Event, InvokeError, MAX_PAYLOAD_BYTES, Pool, Pools, Reply};
use super::redrive::Redriven;
use super::request_payload::decode_path;
use super::response::{Body, Response};
use super::trace;
use crate::dynamodb::Streams;
use crate::sqs::Queues;
use crate::template::{ACCOUNT_ID, REGION};

/// Lambda's limit for an asynchronous event, in bytes.
const MAX_EVENT_BYTES: usize = 1024 * 1024;

/// The length of the log that is returned, in bytes.
const MAX_LOG_BYTES: usize = 4 * 1024;

/// The version that all functions have.
const VERSION: &str = "$LATEST";

/// The path of `local`'s own operation beside AWS's: it gives failed events to their functions again.
pub(crate) const REDRIVE: &str = "/redrive";

/// The parts that requests lead to.
#[derive(Clone)]
pub(crate) struct Served {
    pub(crate) pools: watch::Receiver<Pools>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) queues: Queues,
    pub(crate) streams: Streams,
}

/// An error of the API: its status, type and message.
struct Refusal(StatusCode, &'static str, String);

impl Refusal {
    fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        Self(status, kind, message.into())
    }

    /// The texts of AWS: `LocalStack`'s snapshots of `test_invocation_with_qualifier` and of unknown functions.
    fn no_function(name: &str) -> Self {
        let message = format!("Function not found: arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{name}");
        Self::new(StatusCode::NOT_FOUND, "ResourceNotFoundException", message)
    }
}

/// The answer that the caller wants.
#[derive(Clone, Copy, Eq, PartialEq)]
enum InvocationType {
    RequestResponse,
    Event,
    DryRun,
}

/// Answers a request to the Invoke API.
pub(crate) async fn handle(served: Served, request: Request<Incoming>) -> Response {
    let Served { pools, queue, queues, streams } = served;
    let pools = pools.borrow().clone();
    let (parts, body) = request.into_parts();
    if parts.uri.path() == REDRIVE && parts.method == Method::POST {
        let redriven = Redriven::of(&pools, &queues, &streams).await;
        let mut response = http::Response::new(Body::from(Bytes::from(redriven.to_string())));
        if !redriven.failed.is_empty() {
            *response.status_mut() = StatusCode::BAD_GATEWAY;
        }
        return response;
    }
    match invoke(&pools, &queue, &parts, body).await {
        Ok(response) => response,
        Err(Refusal(status, kind, message)) => failure(status, kind, &message),
    }
}

async fn invoke(
    pools: &Pools,
    queue: &Arc<Queue>,
    parts: &Parts,
    body: Incoming,
) -> Result<Response, Refusal> {
    let pool = find(pools, parts)?;
    let kind = invocation_type(&parts.headers)?;
    let event = Event::new(payload(body).await?, trace::new());
    let event = Event { client_context: client_context(&parts.headers)?, ..event };
    let request_id = event.request_id.clone();
    let mut response = match kind {
        InvocationType::DryRun => empty(StatusCode::NO_CONTENT),
        InvocationType::Event if event.payload.len() > MAX_EVENT_BYTES => {
            return Err(too_large(MAX_EVENT_BYTES));
        }
        InvocationType::Event => {
            queue.accept_event(pool, event);
            empty(StatusCode::ACCEPTED)
        }
        InvocationType::RequestResponse => {
            let (reply, log) = pool.invoke_with_log(event).await;
            let mut response = answered(reply, &request_id)?;
            if header(&parts.headers, "x-amz-log-type") == Some("Tail") {
                let tail = &log[log.len().saturating_sub(MAX_LOG_BYTES)..];
                set(&mut response, "x-amz-log-result", &STANDARD.encode(tail));
            }
            response
        }
    };
    set(&mut response, "x-amzn-requestid", &request_id);
    Ok(response)
}

/// Finds the function of `/2015-03-31/functions/NAME/invocations`. A name can end with a qualifier, `NAME:QUALIFIER`.
fn find<'p>(pools: &'p Pools, parts: &Parts) -> Result<&'p Arc<Pool>, Refusal> {
    let path = parts.uri.path();
    let name = path
        .strip_prefix("/2015-03-31/functions/")
        .and_then(|rest| rest.strip_suffix("/invocations"))
        .filter(|_| parts.method == Method::POST);
    let Some(name) = name else {
        let message = format!("local emulates only Invoke of the Lambda API, not {} {path}", parts.method);
        return Err(Refusal::new(StatusCode::NOT_FOUND, "UnknownOperationException", message));
    };
    let name = decode_path(name).map_err(|_| {
        Refusal::new(StatusCode::BAD_REQUEST, "InvalidParameterValueException", "the function's name")
    })?;
    let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let in_query = query.into_iter().find_map(|(key, value)| (key == "Qualifier").then_some(value));
    let own = name.rsplit(":function:").next().unwrap_or(&name);
    let (own, in_name) = own.split_once(':').map_or((own, None), |(own, qualifier)| (own, Some(qualifier)));
    match in_query.as_deref().or(in_name) {
        Some(qualifier) if qualifier != VERSION => Err(Refusal::no_function(&format!("{own}:{qualifier}"))),
        _ => pools.find(own).ok_or_else(|| Refusal::no_function(own)),
    }
}

fn invocation_type(headers: &HeaderMap) -> Result<InvocationType, Refusal> {
    match header(headers, "x-amz-invocation-type") {
        None | Some("RequestResponse") => Ok(InvocationType::RequestResponse),
        Some("Event") => Ok(InvocationType::Event),
        Some("DryRun") => Ok(InvocationType::DryRun),
        Some(other) => {
            let message = format!(
                "1 validation error detected: Value '{other}' at 'invocationType' failed to satisfy constraint: \
                 Member must satisfy enum value set: [Event, RequestResponse, DryRun]"
            );
            Err(Refusal::new(StatusCode::BAD_REQUEST, "ValidationException", message))
        }
    }
}

/// Returns the JSON of `X-Amz-Client-Context`, which is sent in base64.
fn client_context(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(encoded) = header(headers, "x-amz-client-context") else { return Ok(None) };
    let decoded = STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let json = decoded.filter(|text| serde_json::from_str::<serde_json::Map<_, _>>(text).is_ok());
    json.map(Some).ok_or_else(|| {
        let message = "Client context must be a valid Base64-encoded JSON object.";
        Refusal::new(StatusCode::BAD_REQUEST, "InvalidRequestContentException", message)
    })
}

async fn payload(body: Incoming) -> Result<Bytes, Refusal> {
    let payload = Limited::new(body, MAX_PAYLOAD_BYTES).collect().await;
    let payload = payload.map_err(|_| too_large(MAX_PAYLOAD_BYTES))?.to_bytes();
    if payload.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    match serde_json::from_slice::<serde::de::IgnoredAny>(&payload) {
        Ok(_) => Ok(payload),
        Err(error) => {
            let message = format!("Could not parse request body into json: {error}");
            Err(Refusal::new(StatusCode::BAD_REQUEST, "InvalidRequestContentException", message))
        }
    }
}

fn too_large(limit: usize) -> Refusal {
    let message = format!("Request must be smaller than {limit} bytes for the InvokeFunction operation");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLargeException", message)
}

fn answered(reply: Reply, request_id: &str) -> Result<Response, Refusal> {
    let (payload, has_failed) = match reply {
        Ok(payload) => (payload, false),
        Err(InvokeError::Throttled) => {
            return Err(Refusal::new(
                StatusCode::TOO_MANY_REQUESTS,
                "TooManyRequestsException",
                "Rate Exceeded.",
            ));
        }
        Err(error @ InvokeError::Stopping) => {
            return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "ServiceException", error.to_string()));
        }
        Err(error) => (Bytes::from(error.payload(request_id).to_string()), true),
    };
    let mut response = http::Response::new(Body::from(payload));
    set(&mut response, "content-type", "application/json");
    set(&mut response, "x-amz-executed-version", VERSION);
    if has_failed {
        set(&mut response, "x-amz-function-error", "Unhandled");
    }
    Ok(response)
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}

fn failure(status: StatusCode, kind: &'static str, message: &str) -> Response {
    let body = match kind {
        "TooManyRequestsException" => {
            json!({ "Type": "User", "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded", "message": message })
        }
        _ => json!({ "Type": "User", "Message": message }),
    };
    let mut response = http::Response::new(Body::from(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(kind));
    response
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// Sets a header. A value that is no header's is left out.
fn set(response: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
