//! The Lambda function `stream`.

use std::process::ExitCode;

use stream::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve_stream(routes).await
}
