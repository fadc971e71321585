//! The Lambda function `upload-id`.

use std::process::ExitCode;

use upload_id::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
