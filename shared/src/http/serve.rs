use std::convert::Infallible;
use std::pin::Pin;
use std::process::ExitCode;

use axum::Router;
use axum::body::Body;
use axum::http::Response;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, LambdaEvent, Request, Service, StreamAdapter, service_fn};

use super::accept::STREAMED;
use super::event::sanitise;
use super::{JSON, respond};
use crate::clock::Clock;
use crate::config::FromEnv;
use crate::start::start;
use crate::telemetry;

/// Serves `routes` as a Lambda function until the platform ends it.
///
/// If the dependencies cannot be created, the function logs the reason and ends at once, before it takes a request.
pub async fn serve<D>(routes: fn() -> Router<D>) -> ExitCode
where
    D: FromEnv + Clone + Send + Sync + 'static,
{
    serve_as(JSON, routes).await
}

/// Like [`serve`], for routes that answer with other media types than JSON.
pub async fn serve_as<D>(produces: &'static [&'static str], routes: fn() -> Router<D>) -> ExitCode
where
    D: FromEnv + Clone + Send + Sync + 'static,
{
    let Some(app) = router(routes).await else { return ExitCode::FAILURE };
    run(app, produces).await
}

/// Like [`serve`], for a function that streams: [`Streamed`](super::Streamed) answers are sent piece by piece, all
/// others at once. Its requests come by a Function URL with `InvokeMode: RESPONSE_STREAM`.
pub async fn serve_stream<D>(routes: fn() -> Router<D>) -> ExitCode
where
    D: FromEnv + Clone + Send + Sync + 'static,
{
    let Some(app) = router(routes).await else { return ExitCode::FAILURE };
    run_stream(app).await
}

/// Starts the function, and returns its routes with their dependencies. They are built while the connection to the table
/// is being opened.
async fn router<D>(routes: fn() -> Router<D>) -> Option<Router>
where
    D: FromEnv + Clone + Send + Sync + 'static,
{
    start(|deps| routes().with_state(deps)).await
}

/// Runs `app` on Lambda's runtime API.
///
/// The box keeps the runtime's code in this crate. Every function would otherwise compile a copy.
fn run(app: Router, produces: &'static [&'static str]) -> Pin<Box<dyn Future<Output = ExitCode>>> {
    Box::pin(async move {
        telemetry::ended(lambda_runtime::run(tidied(Adapter::from(responder(app, produces)))).await)
    })
}

/// Like [`run`], with answers that are sent as they are made.
fn run_stream(app: Router) -> Pin<Box<dyn Future<Output = ExitCode>>> {
    Box::pin(async move {
        telemetry::ended(lambda_runtime::run(tidied(StreamAdapter::from(responder(app, STREAMED)))).await)
    })
}

fn responder(
    app: Router,
    produces: &'static [&'static str],
) -> impl Service<Request, Response = Response<Body>, Error = Infallible, Future: Send> {
    let clock = Clock::system();
    service_fn(move |request: Request| {
        let (app, clock) = (app.clone(), clock.clone());
        async move { Ok(respond(app, produces, &clock, request).await) }
    })
}

/// Wraps `function` so that its events are sanitised.
fn tidied<S>(
    mut function: S,
) -> impl Service<LambdaEvent<LambdaRequest>, Response = S::Response, Error = S::Error, Future = S::Future>
where
    S: Service<LambdaEvent<LambdaRequest>>,
{
    service_fn(move |mut event: LambdaEvent<LambdaRequest>| {
        sanitise(&mut event.payload);
        function.call(event)
    })
}
