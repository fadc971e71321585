//! The Lambda function `auth-email-confirmation-confirm`.

use std::process::ExitCode;

use auth_email_confirmation_confirm::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
