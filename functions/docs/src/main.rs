//! The Lambda function `docs`.

use std::process::ExitCode;

use docs::routes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve_as(shared::http::HTML, routes).await
}
