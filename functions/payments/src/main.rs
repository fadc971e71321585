//! The Lambda function `payments`.

use std::process::ExitCode;

use payments::{Deps, routes};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes(), Deps::from_env).await
}
