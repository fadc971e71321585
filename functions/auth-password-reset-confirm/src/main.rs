//! The Lambda function `auth-password-reset-confirm`.

use std::process::ExitCode;

use auth_password_reset_confirm::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
