//! The Lambda function `posts`.

use std::process::ExitCode;

use posts::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
