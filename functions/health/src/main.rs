//! The Lambda function `health`.

use std::process::ExitCode;

use health::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
