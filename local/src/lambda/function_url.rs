//! Function URLs: a function's own address at `/lambda-url/<function>/`, without the HTTP API.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>
//! On AWS it is a host, `<id>.lambda-url.<region>.on.aws`. Requests are limited only by the number of instances, and
//! their time only by the function's timeout. AWS sends a streamed answer beyond its first 6 MB at 2 MB/s; here it goes
//! as fast as the client reads.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};

use super::instances::{Event, InvokeError, Pool};
use super::response::{self, Answer, AnswerError, Response};
use super::response_payload;
use crate::logs::Logs;

/// The prefix of the URLs' paths.
pub const PREFIX: &str = "/lambda-url/";

/// Splits a path into the function's name and the path behind it.
pub(crate) fn split(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix(PREFIX)?;
    let (name, behind) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    Some((name, if behind.is_empty() { "/" } else { behind }))
}

/// The URL of one function.
#[derive(Debug)]
pub(crate) struct FunctionUrl {
    streams: bool,
    pool: Arc<Pool>,
}

impl FunctionUrl {
    /// Returns the URL of a pool's function, if it has one.
    pub(crate) fn of(pool: &Arc<Pool>) -> Option<Self> {
        let url = pool.function().url.as_ref()?;
        Some(Self { streams: url.streams, pool: Arc::clone(pool) })
    }

    /// Returns the function's name.
    pub(crate) fn name(&self) -> &str {
        &self.pool.function().name
    }

    /// Invokes the function and returns its answer. The request's id is also Lambda's.
    pub(crate) async fn call(
        &self,
        payload: Bytes,
        (request_id, trace_id): (String, String),
        headers: &HeaderMap,
        logs: &Logs,
    ) -> Answer<'_> {
        let event = Event::new(payload, trace_id).with_id(request_id);
        let (answered, cold) = if self.streams {
            match self.pool.invoke_streaming(event).await {
                Ok(streaming) => {
                    let cold = streaming.cold;
                    (response_payload::from_streaming(streaming).await, cold)
                }
                Err(error) => (Err(error.into()), false),
            }
        } else {
            match self.pool.invoke_as(event).await {
                Ok(invocation) => {
                    let response = response_payload::from_payload(invocation.payload, response_payload::JSON);
                    (response.map_err(AnswerError::Malformed), invocation.cold)
                }
                Err(error) => (Err(error.into()), false),
            }
        };
        let function = self.name();
        match answered {
            Ok(response) => Answer { response, function, start: if cold { "cold" } else { "warm" } },
            Err(AnswerError::Invoke(InvokeError::Build(text))) => {
                Answer { response: response::compiler_error(function, &text, headers), function, start: "-" }
            }
            Err(error) => {
                logs.warn(format_args!("{function}: {error}"));
                Answer { response: failed(&error), function, start: "-" }
            }
        }
    }
}

/// Answers for a URL that no function has, as `LocalStack`'s `test_lambda_url_non_existing_url` captured it.
pub(crate) fn unknown() -> Response {
    let mut response = http::Response::new(Bytes::from_static(br#"{"Message":null}"#).into());
    *response.status_mut() = StatusCode::FORBIDDEN;
    response.headers_mut().insert(header::CONTENT_TYPE, response_payload::JSON);
    response
}

/// Answers 502 if the function fails, and 429 if no instance is free.
fn failed(error: &AnswerError) -> Response {
    let (status, message) = match error {
        AnswerError::Invoke(InvokeError::RequestTooLarge(_)) => {
            (StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large")
        }
        AnswerError::Invoke(InvokeError::Throttled) => (StatusCode::TOO_MANY_REQUESTS, "Rate Exceeded."),
        AnswerError::Invoke(InvokeError::Stopping) => {
            (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable")
        }
        _ => {
            // Plain text: LocalStack's `test_lambda_url_invocation_exception`, captured on AWS.
            let mut response = http::Response::new(Bytes::from_static(b"Internal Server Error").into());
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            response.headers_mut().insert(header::CONTENT_TYPE, response_payload::TEXT);
            return response;
        }
    };
    response::message(status, message)
}
