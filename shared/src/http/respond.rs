//! The parts that every answer of every function shares.

mod body;
mod call;
mod finish;
mod streaming;
mod usage;

pub use body::{ErrorBody, ProblemDetails};
pub use call::chain;

use std::convert::Infallible;
use std::time::Instant;

use axum::body::{Body, HttpBody};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, STRICT_TRANSPORT_SECURITY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use axum::response::IntoResponse;
use tower::Service;

use self::body::{render, take_failure};
use self::call::Call;
use self::finish::{allow_options, insert, limit_last_modified, name_patches, remove_content};
use self::usage::Usage;
use super::Error;
use super::accept::negotiate;
use super::rate_limit_fields::{self, ServiceLimit};
use crate::clock::Clock;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// The headers of every answer that does not set its own.
const DEFAULT_HEADERS: [(HeaderName, &str); 5] = [
    (CACHE_CONTROL, "no-store"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains"),
    (VARY, "Accept, Authorization"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// Runs `routes`, which answer in the media types `produces`, and handles everything that routes cannot handle
/// themselves: panics, the deadline, the bodies of errors, HEAD, OPTIONS, the common headers and the log.
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
    let ((mut response, usage), limits) =
        ServiceLimit::of(Usage::of(Box::pin(call.run(routes, request)))).await;
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
    rate_limit_fields::insert(headers, &limits);
    insert(headers, X_REQUEST_ID, &call.request_id);
    let handler_ms = duration.as_secs_f64() * 1000.0;
    insert(headers, SERVER_TIMING, &format!("handler;dur={handler_ms:.3}{}", usage.server_timing()));
    if response.body().size_hint().exact().is_none() {
        return response.map(|body| streaming::watch(body, status, call, clock.clone(), started, usage));
    }
    call.log(status, duration, usage, failure.as_ref(), None);
    response
}

/// Tells whether `Accept` applies to an answer with this status. Errors have our own shape regardless of `Accept`.
fn has_representation(status: StatusCode) -> bool {
    status == StatusCode::NOT_MODIFIED || status.is_success() && status != StatusCode::NO_CONTENT
}
