//! The Lambda function `problems-id`.

use std::process::ExitCode;

use problems_id::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
