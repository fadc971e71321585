//! The embedded SQS: standard queues behind SQS's own HTTP API.
//!
//! No crate of today embeds a queue that speaks SQS's protocol: AWS's own emulator is no crate of the registry. These are
//! the operations that functions, event sources and dead-letter queues need, over the AWS JSON protocol, which all AWS
//! SDKs since November 2023 use.

mod api;
mod failure;
mod files;
mod message;
mod queue;
mod queues;

pub(crate) use api::MAX_MESSAGE_BYTES;
pub(crate) use message::{Attribute, Attributes};
pub(crate) use queue::Received;
pub(crate) use queues::{Outgoing, Queues, arn};

use std::io;
use std::net::SocketAddr;
use std::time::SystemTime;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use serde_json::json;
use tokio::sync::oneshot;
use uuid::Uuid;

use self::api::Input;
use self::failure::Failure;
use crate::access::{Authority, Caller, SignatureError, verify};
use crate::clock;
use crate::iam;
use crate::server::guard::Kind;
use crate::server::serve::{Limits, serve};
use crate::server::switch::{BACKLOG, Switch};

/// The longest call that is read, in bytes: a batch of messages in JSON, where a byte can take six.
const MAX_CALL_BYTES: usize = 8 * MAX_MESSAGE_BYTES;

/// Queues and their server.
pub struct Sqs {
    server: Switch,
}

impl Sqs {
    /// Serves the queues.
    pub(crate) fn start(address: SocketAddr, queues: Queues, authority: Authority) -> io::Result<Self> {
        let server = Switch::on(address, move |socket, stop| {
            let listener = socket.listen(BACKLOG)?;
            let (ended, stopped) = oneshot::channel();
            let (queues, authority) = (queues.clone(), authority.clone());
            tokio::spawn(async move {
                // Clients may keep idle connections without a limit.
                let limits = Limits { head_timeout: None, kind: Kind::Internal };
                serve(listener, limits, stop, move |request, _| {
                    answer(queues.clone(), authority.clone(), request)
                })
                .await;
                // The send fails if nobody is waiting.
                let _ = ended.send(());
            });
            Ok(stopped)
        })?;
        Ok(Self { server })
    }

    /// Returns the address of the server.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Refuses new connections and closes open ones; the messages stay.
    pub async fn stop(&self) -> io::Result<()> {
        self.server.stop().await
    }
}

async fn answer(queues: Queues, authority: Authority, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let done = handle(&queues, &authority, request).await;
    let (status, body, query) = match done {
        Ok(output) => (http::StatusCode::OK, output, None),
        Err(failure) => {
            let body = json!({ "__type": failure.kind(), "message": failure.message });
            let fault = if failure.status.is_server_error() { "Receiver" } else { "Sender" };
            (failure.status, body, Some(format!("{};{fault}", failure.query)))
        }
    };
    let mut response = Response::new(Full::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0"));
    let own = [("x-amzn-requestid", Some(Uuid::new_v4().to_string())), ("x-amzn-query-error", query)];
    for (name, value) in own {
        if let Some(Ok(value)) = value.map(HeaderValue::try_from) {
            headers.insert(name, value);
        }
    }
    response
}

async fn handle(
    queues: &Queues,
    authority: &Authority,
    request: Request<Incoming>,
) -> Result<serde_json::Value, Failure> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MAX_CALL_BYTES).collect().await;
    let body = body.map_err(|_| Failure::invalid("The request is too long."))?.to_bytes();
    let caller = caller(authority, &parts, &body)?;
    let operation = operation(&parts)?;
    let input: Input = serde_json::from_slice(&body).map_err(|error| {
        Failure::new("SerializationException", "SerializationException", error.to_string())
    })?;
    let (action, resource) = api::permission(operation, &input);
    // These listeners stand for AWS's, which policies want to be called by TLS.
    let context = iam::Context::default().with("aws:SecureTransport", "true");
    let request = iam::Request { action, resource, context };
    authority
        .authorize(&caller, &request)
        .map_err(|refusal| Failure::denied(refusal.with_action_in_lower_case().to_string()))?;
    let sender = match &caller {
        Caller::Root => "AIDALOCAL".to_owned(),
        Caller::Function(session) => format!("AROALOCAL:{}", session.function),
    };
    api::call(queues, operation, input, &sender).await
}

/// Returns the sender of a call.
fn caller(authority: &Authority, parts: &Parts, body: &[u8]) -> Result<Caller, Failure> {
    if !authority.is_enforced() {
        return Ok(Caller::Root);
    }
    if !parts.headers.contains_key(header::AUTHORIZATION) {
        let code = "MissingAuthenticationTokenException";
        return Err(Failure::new(
            code,
            "MissingAuthenticationToken",
            "Request is missing Authentication Token",
        ));
    }
    let now = SystemTime::from(clock::now());
    verify(authority, "sqs", parts, body, now).map_err(|error: SignatureError| Failure {
        status: http::StatusCode::FORBIDDEN,
        ..Failure::new(error.code(), error.code(), error.to_string())
    })
}

/// Returns the operation: `X-Amz-Target: AmazonSQS.SendMessage`.
fn operation(parts: &Parts) -> Result<&str, Failure> {
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let operation = target.and_then(|target| target.strip_prefix("AmazonSQS."));
    operation.filter(|_| parts.method == Method::POST).ok_or_else(|| {
        let message = "Only the AWS JSON protocol is emulated, which SDKs use since November 2023.";
        Failure::new("UnknownOperationException", "InvalidAction", message)
    })
}

impl std::fmt::Debug for Sqs {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Sqs").field("address", &self.address()).finish_non_exhaustive()
    }
}
