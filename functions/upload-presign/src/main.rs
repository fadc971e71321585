//! The Lambda function `upload-presign`.

use std::process::ExitCode;

use upload_presign::{Deps, routes};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes(), Deps::from_env).await
}
