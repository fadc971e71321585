//! Measurements of the product: the time and the size of every function, and the costs of requests as the table grows.

#![expect(clippy::large_futures, reason = "what is polled once may be large")]

mod document;
mod functions;
mod scale;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

/// The root of the workspace.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Measure the product
#[derive(Parser)]
enum Cli {
    Functions(functions::Args),
    Peers(functions::peers::Args),
    Scale(scale::Args),
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Functions(#[from] functions::Error),
    #[error(transparent)]
    Scale(#[from] scale::Error),
}

#[tokio::main]
async fn main() -> ExitCode {
    let root = Path::new(ROOT);
    let measured = async {
        match Cli::parse() {
            Cli::Functions(args) => Ok::<_, Error>(functions::run(args, root).await?),
            Cli::Peers(args) => Ok(functions::peers::run(args, root).await?),
            Cli::Scale(args) => Ok(scale::run(args, root).await?),
        }
    };
    match measured.await {
        Ok(table) => {
            println!("{table}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
