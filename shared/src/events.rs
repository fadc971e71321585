//! Functions that events invoke: they have no routes.

use std::process::ExitCode;

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::config::FromEnv;
use crate::start::start;
use crate::telemetry;

/// Serves a handler of events as a Lambda function until the platform ends it.
///
/// If the dependencies cannot be created, the function logs the reason and ends at once, before it takes an event. An
/// error of the handler fails the invocation, and the source of the event decides whether it is sent again. A handler
/// of batches can answer with the records that failed, such as `SqsBatchResponse`.
pub async fn serve<D, E, R>(handler: impl AsyncFn(&D, LambdaEvent<E>) -> Result<R, Error>) -> ExitCode
where
    D: FromEnv,
    E: DeserializeOwned,
    R: Serialize,
{
    let Some(deps) = start(|deps| deps).await else { return ExitCode::FAILURE };
    telemetry::ended(run(service_fn(|event| handler(&deps, event))).await)
}
