//! The Lambda function `upload-presign`.

use std::process::ExitCode;

use upload_presign::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
