//! The Lambda function `protected`.

use std::process::ExitCode;

use protected::{Deps, routes};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes(), Deps::from_env).await
}
