//! The Lambda function `auth-login`.

use std::process::ExitCode;

use auth_login::{Deps, routes};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes(), Deps::from_env).await
}
