//! The Lambda function `problems`.

use std::process::ExitCode;

use problems::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
