//! The Lambda function `weather`.

use std::process::ExitCode;

use weather::{Deps, routes};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes(), Deps::from_env).await
}
