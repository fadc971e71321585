//! The Lambda function `jwks`.

use std::process::ExitCode;

use jwks::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
