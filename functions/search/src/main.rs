//! The Lambda function `search`.

use std::process::ExitCode;

use search::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
