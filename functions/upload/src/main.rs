//! The Lambda function `upload`.

use std::process::ExitCode;

use upload::{Deps, routes};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes(), Deps::from_env).await
}
