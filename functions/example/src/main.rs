//! The Lambda function `example`.

use std::process::ExitCode;

use example::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
