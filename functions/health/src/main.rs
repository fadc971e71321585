//! The Lambda function `health`.

use std::process::ExitCode;

use health::{Deps, routes};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes(), Deps::from_env).await
}
