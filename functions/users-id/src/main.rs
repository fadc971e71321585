//! The Lambda function `users-id`.

use std::process::ExitCode;

use users_id::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
