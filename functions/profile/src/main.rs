//! The Lambda function `profile`.

use std::process::ExitCode;

use profile::{Deps, routes};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes(), Deps::from_env).await
}
