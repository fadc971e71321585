//! The Lambda function `upload-id`.

use std::process::ExitCode;

use upload_id::{Deps, routes};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes(), Deps::from_env).await
}
