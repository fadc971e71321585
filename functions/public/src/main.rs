//! The Lambda function `public`.

use std::process::ExitCode;

use public::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
