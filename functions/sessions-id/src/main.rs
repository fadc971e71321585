//! The Lambda function `sessions-id`.

use std::process::ExitCode;

use sessions_id::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
