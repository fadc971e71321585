//! The Lambda function `auth-logout`.

use std::process::ExitCode;

use auth_logout::{Deps, routes};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes(), Deps::from_env).await
}
