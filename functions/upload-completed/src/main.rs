//! The Lambda function `upload-completed`.

use std::process::ExitCode;

use shared::events::serve;
use upload_completed::complete;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve(complete).await
}
