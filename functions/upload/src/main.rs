//! The Lambda function `upload`.

use std::process::ExitCode;

use upload::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes).await
}
