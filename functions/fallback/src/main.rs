//! The Lambda function `fallback`.

use std::process::ExitCode;

use fallback::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
