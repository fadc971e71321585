//! The Lambda function `mail`.

use std::process::ExitCode;

use mail::handle;
use shared::events::serve;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve(handle).await
}
