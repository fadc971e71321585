//! The Lambda function `session`.

use std::process::ExitCode;

use session::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
