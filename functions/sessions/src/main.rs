//! The Lambda function `sessions`.

use std::process::ExitCode;

use sessions::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
