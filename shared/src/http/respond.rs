//! What every answer of every function has in common.

mod finish;
mod streaming;

use std::any::Any;
use std::borrow::Cow;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use axum::body::{Body, HttpBody};
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, STRICT_TRANSPORT_SECURITY,
    VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use axum::response::IntoResponse;
use futures_util::FutureExt;
use lambda_http::Context;
use lambda_http::request::RequestContext;
use serde::Serialize;
use tower::{Service, ServiceExt};

use self::finish::{allow_options, limit_last_modified, name_patches, remove_content};
use super::accept::{negotiate, prefers_problem};
use super::error::Failure;
use super::rate_limit_fields::{self, Standing};
use super::{Code, Error, FieldError};
use crate::clock::Clock;
use crate::cost::Cost;
use crate::domain::Timestamp;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// On every answer that does not say otherwise itself.
const DEFAULT_HEADERS: [(HeaderName, &str); 5] = [
    (CACHE_CONTROL, "no-store"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains"),
    (VARY, "Accept, Authorization"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// Type and title of a problem that is no more than too many requests (draft-ietf-httpapi-ratelimit-headers-11).
const QUOTA_EXCEEDED: (&str, &str) = (
    "https://iana.org/assignments/http-problem-types#quota-exceeded",
    "Request cannot be satisfied as assigned quota has been exceeded",
);

/// What a message repeats of a method and a path.
const SHOWN_BYTES: usize = 100;

/// Time to answer in before Lambda would end the instance.
const DEADLINE_MARGIN: Duration = Duration::from_millis(300);

/// Runs `routes`, which answer in one of the media types `produces`, and sees to what no route can see to
/// itself: a panic, the deadline, the body of an error, HEAD, OPTIONS, the common headers and the log.
pub async fn respond<S, B>(
    routes: S,
    produces: &[&str],
    clock: &Clock,
    mut request: Request<B>,
) -> Response<Body>
where
    S: Service<Request<B>, Error = Infallible>,
    S::Response: IntoResponse,
{
    let started = Instant::now();
    let call = Call::of(&request, clock);
    let is_acceptable = negotiate(&call.headers, produces, request.extensions_mut());
    let ((mut response, cost), standings) = Standing::of(Cost::of(call.run(routes, request))).await;
    if !is_acceptable && call.method.is_safe() && has_representation(response.status()) {
        response = Error::NotAcceptable.into_response();
    }

    allow_options(&mut response, &call.method);
    name_patches(&mut response, &call.method);
    let failure = take_failure(&mut response, &call);
    if let Some(failure) = &failure {
        render(failure, &call, clock.now(), &mut response);
    }
    remove_content(&mut response, &call.method);

    let status = response.status();
    let duration = started.elapsed();
    let headers = response.headers_mut();
    limit_last_modified(headers, clock.now());
    for (name, value) in DEFAULT_HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    rate_limit_fields::insert(headers, &standings);
    insert(headers, X_REQUEST_ID, &call.request_id);
    insert(headers, SERVER_TIMING, &format!("handler;dur={:.3}", duration.as_secs_f64() * 1000.0));
    if response.body().size_hint().exact().is_none() {
        return response.map(|body| streaming::watch(body, status, call, clock.clone(), started, cost));
    }
    call.log(status, duration, cost, failure.as_ref(), None);
    response
}

/// What must be kept of a request while its routes have it.
struct Call {
    method: Method,
    /// Method and path, cut after [`SHOWN_BYTES`] each.
    asked: String,
    headers: HeaderMap,
    request_id: String,
    /// The route as template.yaml has it, such as `/api/users/{id}`.
    route: String,
    /// How long the answer may take.
    budget: Option<Duration>,
}

impl Call {
    fn of<B>(request: &Request<B>, clock: &Clock) -> Self {
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
        // HEAD is answered as GET is, to the length of the body (RFC 9110, section 9.3.2).
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

    async fn run<S, B>(&self, routes: S, request: Request<B>) -> Response<Body>
    where
        S: Service<Request<B>, Error = Infallible>,
        S::Response: IntoResponse,
    {
        let work = AssertUnwindSafe(routes.oneshot(request)).catch_unwind();
        let outcome = match self.budget {
            Some(budget) => match tokio::time::timeout(budget, work).await {
                Ok(outcome) => outcome,
                Err(_) => return Error::TimedOut.into_response(),
            },
            None => work.await,
        };
        match outcome {
            Ok(Ok(response)) => response.into_response(),
            Err(panic) => Error::Internal(std::sync::Arc::from(Box::from(message(&*panic)))).into_response(),
        }
    }

    /// One line a request: never a body, a token, a cookie, an address or a value of the query.
    fn log(
        &self,
        status: StatusCode,
        duration: Duration,
        cost: Cost,
        failure: Option<&Failure>,
        sent: Option<Sent>,
    ) {
        let Cost { calls, rcu, wcu } = cost;
        let (method, route, request_id) = (self.method.as_str(), &*self.route, &*self.request_id);
        let (status, duration_ms) = (status.as_u16(), duration.as_secs_f64() * 1000.0);
        let code = failure.map(|failure| failure.code.as_str());
        let error = failure.and_then(|failure| failure.cause.as_deref()).map(|cause| chain(cause));
        let (bytes, ended) = (sent.map(|sent| sent.bytes), sent.map(|sent| sent.ended));
        // What a client got wrong is no failure of ours. One in the middle of an answer has the status of its beginning.
        let is_ours = failure.is_some_and(|failure| failure.code.status().is_server_error());
        if let (Some(error), true) = (&error, is_ours) {
            tracing::error!(
                requestId = request_id,
                method,
                route,
                status,
                durationMs = duration_ms,
                calls,
                rcu,
                wcu,
                code,
                bytes,
                ended,
                error,
                "failed"
            );
        } else {
            tracing::info!(
                requestId = request_id,
                method,
                route,
                status,
                durationMs = duration_ms,
                calls,
                rcu,
                wcu,
                code,
                bytes,
                ended,
                error,
                "answered"
            );
        }
    }
}

/// What became of an answer that was sent piece by piece.
#[derive(Clone, Copy)]
struct Sent {
    bytes: u64,
    ended: &'static str,
}

fn cut(text: &str) -> Cow<'_, str> {
    match text.split_at(text.floor_char_boundary(SHOWN_BYTES)) {
        (_, "") => text.into(),
        (shown, _) => format!("{shown}...").into(),
    }
}

/// Returns true if an answer with this status is, or stands for, what `Accept` is about. Errors come in our own shape
/// whatever it says.
fn has_representation(status: StatusCode) -> bool {
    status == StatusCode::NOT_MODIFIED || status.is_success() && status != StatusCode::NO_CONTENT
}

/// What went wrong, where something did.
fn take_failure(response: &mut Response<Body>, call: &Call) -> Option<Failure> {
    let status = response.status();
    let failure = response.extensions_mut().remove();
    if status.is_client_error() || status.is_server_error() {
        let allowed = response.headers().get(ALLOW).and_then(|allow| allow.to_str().ok()).unwrap_or_default();
        return failure.or_else(|| Some(Failure::of_status(status, &call.asked, allowed)));
    }
    None
}

/// Gives a failed answer its body: our own error shape, or the same as a problem of RFC 9457.
fn render(failure: &Failure, call: &Call, now: Timestamp, response: &mut Response<Body>) {
    let Failure { code, ref message, ref details, violated_policy, .. } = *failure;
    let status = code.status();
    *response.status_mut() = status;
    let (request_id, timestamp) = (&*call.request_id, now);
    let as_problem = prefers_problem(&call.headers);
    let body = if as_problem {
        let (r#type, title) = match violated_policy {
            Some(_) => QUOTA_EXCEEDED,
            None => ("about:blank", status.canonical_reason().unwrap_or("Error")),
        };
        let (status, detail) = (status.as_u16(), &**message);
        serde_json::to_vec(&ProblemBody {
            r#type,
            title,
            status,
            detail,
            code,
            details,
            violated_policies: violated_policy.as_slice(),
            request_id,
            timestamp,
        })
    } else {
        serde_json::to_vec(&error_body(failure, call, now))
    };
    *response.body_mut() = Body::from(body.unwrap_or_default());
    let media_type = if as_problem { "application/problem+json" } else { "application/json" };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().remove(CONTENT_LENGTH);
}

fn error_body<'a>(failure: &'a Failure, call: &'a Call, timestamp: Timestamp) -> ErrorBody<'a> {
    let Failure { code, message: error, details, .. } = failure;
    ErrorBody { error, code: *code, details, request_id: &call.request_id, timestamp }
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> String {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("no message"))
}

/// An error and all that led to it, in one line.
#[must_use]
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// An error.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Error)]
pub struct ErrorBody<'a> {
    /// The error in words, for people. It can change.
    #[schema(example = "Post not found")]
    error: &'a str,
    code: Code,
    /// The fields that cannot be used: all of them.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    details: &'a [FieldError],
    /// The id of the request, as in `X-Request-Id` and in the logs of the API.
    #[schema(example = "UGFkZyG6liAEMUQ=")]
    request_id: &'a str,
    /// The time of the error.
    timestamp: Timestamp,
}

/// An error as RFC 9457 describes it, for clients that ask for `application/problem+json`.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProblemDetails)]
pub struct ProblemBody<'a> {
    /// The type of the problem: `about:blank` if the status says it all.
    #[schema(format = "uri", example = "about:blank")]
    r#type: &'a str,
    /// The type in words.
    #[schema(example = "Not Found")]
    title: &'a str,
    /// The status of the response.
    #[schema(minimum = 400, maximum = 599, example = 404)]
    status: u16,
    /// The error in words, for people. It can change.
    #[schema(example = "Post not found")]
    detail: &'a str,
    code: Code,
    /// The fields that cannot be used: all of them.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    details: &'a [FieldError],
    /// The names of the rate limits that the request exceeded.
    #[serde(rename = "violated-policies", skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false, example = json!(["write"]))]
    violated_policies: &'a [&'static str],
    /// The id of the request, as in `X-Request-Id` and in the logs of the API.
    #[schema(example = "UGFkZyG6liAEMUQ=")]
    request_id: &'a str,
    /// The time of the error.
    timestamp: Timestamp,
}
