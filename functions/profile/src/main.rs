//! The Lambda function `profile`.

use std::process::ExitCode;

use profile::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
