//! The Lambda function `search`.

use std::process::ExitCode;

use search::{Deps, routes};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes(), Deps::from_env).await
}
