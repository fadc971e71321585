//! The Lambda function `users`.

use std::process::ExitCode;

use users::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
