//! The Lambda function `protected`.

use std::process::ExitCode;

use protected::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
