//! The Lambda function `auth-refresh`.

use std::process::ExitCode;

use auth_refresh::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
