use std::convert::Infallible;
use std::process::ExitCode;

use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, LambdaEvent, Service};
use mediatype::MediaType;
use utoipa_axum::router::OpenApiRouter;

use super::event::tidy;
use super::{JSON, respond};
use crate::clock::Clock;
use crate::config::ConfigError;
use crate::telemetry;

/// Serves `routes` as a Lambda function until the platform ends it.
///
/// A function whose `deps` can not be had says why in its log and ends at once, before it takes a request.
pub async fn serve<D>(routes: OpenApiRouter<D>, deps: impl FnOnce() -> Result<D, ConfigError>) -> ExitCode
where
    D: Clone + Send + Sync + 'static,
{
    serve_as(JSON, routes, deps).await
}

/// Like [`serve`], for routes that answer in other media types than JSON.
pub async fn serve_as<D>(
    produces: &'static [MediaType<'static>],
    routes: OpenApiRouter<D>,
    deps: impl FnOnce() -> Result<D, ConfigError>,
) -> ExitCode
where
    D: Clone + Send + Sync + 'static,
{
    telemetry::init();
    let deps = match deps() {
        Ok(deps) => deps,
        Err(error) => {
            tracing::error!(%error, "the function can not start");
            return ExitCode::FAILURE;
        }
    };
    let (app, _) = routes.with_state(deps).split_for_parts();
    let clock = Clock::system();
    let mut function = Adapter::from(lambda_http::service_fn(move |request: lambda_http::Request| {
        let (app, clock) = (app.clone(), clock.clone());
        async move { Ok::<_, Infallible>(respond(app, produces, &clock, request).await) }
    }));
    let events = lambda_http::service_fn(move |mut event: LambdaEvent<LambdaRequest>| {
        tidy(&mut event.payload);
        function.call(event)
    });
    match lambda_runtime::run(events).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the runtime ended");
            ExitCode::FAILURE
        }
    }
}
