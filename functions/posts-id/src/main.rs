//! The Lambda function `posts-id`.

use std::process::ExitCode;

use posts_id::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
