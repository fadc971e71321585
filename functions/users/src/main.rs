//! The Lambda function `users`.

use std::process::ExitCode;

use users::{Deps, routes};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes(), Deps::from_env).await
}
