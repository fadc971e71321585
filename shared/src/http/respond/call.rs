//! The data of a request that its answer and its log line need.

use std::any::Any;
use std::borrow::Cow;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode};
use axum::response::IntoResponse;
use futures_util::FutureExt;
use lambda_http::Context;
use lambda_http::request::RequestContext;
use tower::{Service, ServiceExt};
use tracing::Instrument;

use super::usage::Usage;
use crate::clock::Clock;
use crate::cost::Cost;
use crate::http::{Error, Failure};

/// The time before Lambda's timeout at which the function must answer.
const DEADLINE_MARGIN: Duration = Duration::from_millis(300);

/// The maximum length of a method and of a path in a message, in bytes.
const SHOWN_BYTES: usize = 100;

/// The parts of a request that are kept while its routes consume it.
pub(super) struct Call {
    pub(super) method: Method,
    /// Method and path, each cut after [`SHOWN_BYTES`].
    pub(super) asked: String,
    pub(super) headers: HeaderMap,
    pub(super) request_id: String,
    /// The route as in template.yaml, such as `/api/users/{id}`.
    route: String,
    /// The time that is left for the answer.
    pub(super) budget: Option<Duration>,
}

impl Call {
    pub(super) fn of<B>(request: &Request<B>, clock: &Clock) -> Self {
        let gateway = match request.extensions().get() {
            Some(RequestContext::ApiGatewayV2(context)) => Some(context),
            _ => None,
        };
        let lambda = request.extensions().get::<Context>();
        let route_key = gateway.and_then(|gateway| gateway.route_key.as_deref()).unwrap_or_default();
        let request_id = gateway
            .and_then(|gateway| gateway.request_id.as_ref())
            .or(lambda.map(|lambda| &lambda.request_id))
            .cloned();
        // HEAD is answered like GET, including the length of the body (RFC 9110, section 9.3.2).
        let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
        Self {
            method: request.method().clone(),
            asked: format!("{} {}", cut(method.as_str()), cut(request.uri().path())),
            headers: request.headers().clone(),
            request_id: request_id.unwrap_or_default(),
            route: route_key.split_once(' ').map_or(route_key, |(_, path)| path).to_owned(),
            budget: lambda.map(|lambda| {
                let now = u64::try_from(clock.now().as_millis()).unwrap_or(0);
                Duration::from_millis(lambda.deadline.saturating_sub(now)).saturating_sub(DEADLINE_MARGIN)
            }),
        }
    }

    pub(super) async fn run<S, B>(&self, routes: S, request: Request<B>) -> Response<Body>
    where
        S: Service<Request<B>, Error = Infallible>,
        S::Response: IntoResponse,
    {
        let span = tracing::debug_span!("handler", requestId = &*self.request_id, route = &*self.route);
        let work = AssertUnwindSafe(routes.oneshot(request).instrument(span)).catch_unwind();
        let outcome = match self.budget {
            Some(budget) => match tokio::time::timeout(budget, work).await {
                Ok(outcome) => outcome,
                Err(_) => return Error::TimedOut.into_response(),
            },
            None => work.await,
        };
        match outcome {
            Ok(Ok(response)) => response.into_response(),
            Err(panic) => Error::Internal(Arc::from(Box::from(message(&*panic)))).into_response(),
        }
    }

    /// Logs one line for each request, without bodies, tokens, cookies, addresses and values of the query.
    pub(super) fn log(
        &self,
        status: StatusCode,
        duration: Duration,
        usage: Usage,
        failure: Option<&Failure>,
        sent: Option<Sent>,
    ) {
        let Usage { cost: Cost { calls, rcu, wcu }, timing } = usage;
        let (method, route, request_id) = (self.method.as_str(), &*self.route, &*self.request_id);
        let (status, duration_ms) = (status.as_u16(), millis(duration));
        let code = failure.map(|failure| failure.code.as_str());
        let error = failure.and_then(|failure| failure.cause.as_deref()).map(|cause| chain(cause));
        let (bytes, ended) = (sent.map(|sent| sent.bytes), sent.map(|sent| sent.ended));
        let (table, bucket, upstream) = (timing.table, timing.bucket, timing.upstream);
        macro_rules! line {
            ($level:ident, $message:literal) => {
                tracing::$level!(
                    requestId = request_id,
                    method,
                    route,
                    status,
                    durationMs = duration_ms,
                    calls,
                    rcu,
                    wcu,
                    attempts = some(timing.attempts),
                    waitedMs = some_millis(timing.waited),
                    tableMs = some_millis(table.time),
                    bucketCalls = some(bucket.calls),
                    bucketMs = some_millis(bucket.time),
                    upstreamCalls = some(upstream.calls),
                    upstreamMs = some_millis(upstream.time),
                    code,
                    bytes,
                    ended,
                    error,
                    $message
                )
            };
        }
        // Client errors are not failures of ours. A failure midway through a stream has the status of its beginning.
        let is_ours = failure.is_some_and(|failure| failure.code.status().is_server_error());
        if error.is_some() && is_ours {
            line!(error, "failed");
        } else {
            line!(info, "answered");
        }
    }
}

/// Leaves a field out of the line if it says nothing.
fn some(count: u32) -> Option<u32> {
    (count > 0).then_some(count)
}

fn some_millis(time: Duration) -> Option<f64> {
    (!time.is_zero()).then(|| millis(time))
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The end of a streamed answer.
#[derive(Clone, Copy)]
pub(super) struct Sent {
    pub(super) bytes: u64,
    pub(super) ended: &'static str,
}

fn cut(text: &str) -> Cow<'_, str> {
    match text.split_at(text.floor_char_boundary(SHOWN_BYTES)) {
        (_, "") => text.into(),
        (shown, _) => format!("{shown}...").into(),
    }
}

/// Returns the message of a panic.
pub(super) fn message(panic: &(dyn Any + Send)) -> String {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("no message"))
}

/// Joins an error and all of its causes in one line.
#[must_use]
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
