//! The Lambda function `payments`.

use std::process::ExitCode;

use payments::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
