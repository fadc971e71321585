//! The Lambda function `auth-register`.

use std::process::ExitCode;

use auth_register::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
