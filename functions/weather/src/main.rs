//! The Lambda function `weather`.

use std::process::ExitCode;

use weather::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
