//! The Lambda function `auth-email-confirmation`.

use std::process::ExitCode;

use auth_email_confirmation::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
