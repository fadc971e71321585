//! The Lambda function `auth-password-reset`.

use std::process::ExitCode;

use auth_password_reset::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
