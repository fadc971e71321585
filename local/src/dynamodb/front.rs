//! The listener that callers reach: it verifies signatures and evaluates policies before the database gets a call.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Either, Full, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};

use super::requests::requests;
use crate::access::{Authority, Caller, SignatureError, verify};
use crate::clock;
use crate::logs::{Call, Logs};
use crate::server::upstream::{Cut, Upstream};
use crate::template::Table;

/// The longest call that `DynamoDB` takes, in bytes.
const MAX_CALL_BYTES: usize = 16 * 1024 * 1024;

/// An answer of the database, or one that is made here.
type Answer = Response<Either<Incoming, Full<Bytes>>>;

/// Stands before the database.
pub(super) struct Front {
    pub(super) database: Upstream<Full<Bytes>>,
    pub(super) authority: Authority,
    pub(super) tables: Arc<[Table]>,
    pub(super) logs: Logs,
}

/// The reason why a call does not get to the database.
enum Refused {
    Signature(SignatureError),
    /// In AWS's words.
    Denied(String),
    /// The body is no JSON.
    Unreadable,
}

impl Front {
    /// Passes a call on, or refuses it.
    pub(super) async fn handle(self: Arc<Self>, request: Request<Incoming>) -> Result<Answer, Cut> {
        let (parts, body) = request.into_parts();
        let Ok(body) = Limited::new(body, MAX_CALL_BYTES).collect().await else {
            return Ok(empty(StatusCode::PAYLOAD_TOO_LARGE));
        };
        let body = body.to_bytes();
        if let Err(refused) = self.check(&parts, &body) {
            return Ok(refused.answer());
        }
        let Some((trace, operation)) = self.collected(&parts.headers) else {
            let answer = self.database.send(Request::from_parts(parts, Full::new(body))).await?;
            return Ok(answer.map(Either::Left));
        };
        let started = Instant::now();
        let answer = self.database.send(Request::from_parts(parts, Full::new(body))).await?;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await?.to_bytes();
        self.logs.call(&trace, Call::new(&operation, started.elapsed(), &body));
        Ok(Response::from_parts(parts, Either::Right(Full::new(body))))
    }

    /// Returns the trace and the operation of a call that belongs to a request under way. The AWS SDKs send the trace
    /// of the invocation.
    fn collected(&self, headers: &HeaderMap) -> Option<(String, String)> {
        let trace = headers.get("x-amzn-trace-id")?.to_str().ok()?;
        self.logs.collects_calls(trace).then_some(())?;
        Some((trace.to_owned(), operation(headers)?.to_owned()))
    }

    fn check(&self, parts: &Parts, body: &Bytes) -> Result<(), Refused> {
        // The database itself refuses anything that is no call or has no signature, in DynamoDB's words.
        let is_signed = parts.headers.contains_key(header::AUTHORIZATION) || parts.uri.query().is_some();
        if !self.authority.is_enforced() || parts.method != Method::POST || !is_signed {
            return Ok(());
        }
        let now = SystemTime::from(clock::now());
        let caller = verify(&self.authority, "dynamodb", parts, body, now).map_err(Refused::Signature)?;
        let (Caller::Function(session), Some(operation)) = (&caller, operation(&parts.headers)) else {
            return Ok(());
        };
        let call: Value = serde_json::from_slice(body).map_err(|_| Refused::Unreadable)?;
        let Some(requests) = requests(operation, &call, &self.tables) else {
            let (caller, action) = (session.arn(), format!("dynamodb:{operation}"));
            return Err(Refused::Denied(format!(
                "User: {caller} is not authorized to perform: {action}: policies for PartiQL are not evaluated here"
            )));
        };
        for request in requests {
            let allowed = self.authority.authorize(&caller, &request);
            allowed.map_err(|refusal| Refused::Denied(refusal.to_string()))?;
        }
        Ok(())
    }
}

impl Refused {
    /// Makes the response that the Amazon DynamoDB developer guide describes in "Error handling with DynamoDB".
    fn answer(&self) -> Answer {
        let (code, message) = match self {
            Self::Signature(error) => (error.code(), json!({ "message": error.to_string() })),
            Self::Denied(message) => ("AccessDeniedException", json!({ "Message": message })),
            Self::Unreadable => ("SerializationException", json!({})),
        };
        let mut body = json!({ "__type": format!("com.amazon.coral.service#{code}") });
        if let (Some(body), Value::Object(message)) = (body.as_object_mut(), message) {
            body.extend(message);
        }
        let mut answer = Response::new(Either::Right(Full::from(body.to_string())));
        *answer.status_mut() = StatusCode::BAD_REQUEST;
        let media_type = HeaderValue::from_static("application/x-amz-json-1.0");
        answer.headers_mut().insert(header::CONTENT_TYPE, media_type);
        answer
    }
}

/// `DynamoDB_20120810.GetItem`
fn operation(headers: &HeaderMap) -> Option<&str> {
    headers.get("x-amz-target")?.to_str().ok()?.rsplit('.').next()
}

fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Either::Right(Full::default()));
    *answer.status_mut() = status;
    answer
}
