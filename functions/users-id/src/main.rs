//! The Lambda function `users-id`.

use std::process::ExitCode;

use users_id::{Deps, routes};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::http::serve(routes(), Deps::from_env).await
}
