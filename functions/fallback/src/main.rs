//! The Lambda function `fallback`.

use std::process::ExitCode;

use fallback::{Deps, routes};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes(), Deps::from_env).await
}
