//! The Lambda function `upload-completed`.

use std::process::ExitCode;

use lambda_runtime::{run, service_fn};
use shared::config::FromEnv;
use shared::telemetry;
use upload_completed::{Deps, complete};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    telemetry::init();
    let deps = match Deps::from_env() {
        Ok(deps) => deps,
        Err(error) => {
            tracing::error!(%error, "the function cannot start");
            return ExitCode::FAILURE;
        }
    };
    telemetry::ended(run(service_fn(|event| complete(&deps, event))).await)
}
