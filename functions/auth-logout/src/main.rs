//! The Lambda function `auth-logout`.

use std::process::ExitCode;

use auth_logout::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
