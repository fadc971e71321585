//! The Lambda function `auth-register`.

use std::process::ExitCode;

use auth_register::{Deps, routes};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes(), Deps::from_env).await
}
