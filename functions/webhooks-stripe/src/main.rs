//! The Lambda function `webhooks-stripe`.

use std::process::ExitCode;

use webhooks_stripe::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
