//! The Lambda function `sweep`.

use std::process::ExitCode;

use shared::events::serve;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve(sweep::sweep).await
}
