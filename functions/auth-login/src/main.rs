//! The Lambda function `auth-login`.

use std::process::ExitCode;

use auth_login::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
