//! `cargo xtask`: runs the commands of this crate itself and hands all others on to the package `xtask`, which links
//! every function and takes minutes to build.

use std::env::{args_os, current_dir};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use scaffold::{checkout, new, remove};

#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Own,
}

#[derive(Subcommand)]
enum Own {
    /// Start a function
    New(new::Args),
    /// Remove functions with everything that belongs to them
    Remove(remove::Args),
    /// Remove all functions except accounts, health, the document and the fallback
    Strip,
}

fn main() -> ExitCode {
    let is_own = args_os().nth(1).is_some_and(|name| Own::has_subcommand(&name.to_string_lossy()));
    if !is_own {
        return delegate();
    }
    match run(&Cli::parse().command) {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Own) -> Result<String, scaffold::Error> {
    let root = checkout::find(&current_dir().map_err(scaffold::Error::CurrentDir)?)?;
    match command {
        Own::New(args) => new::run(args, &root),
        Own::Remove(args) => remove::run(args, &root),
        Own::Strip => remove::strip(&root),
    }
}

/// Builds and runs the package `xtask` with the same arguments.
fn delegate() -> ExitCode {
    let run = ["run", "--quiet", "--package", "xtask", "--"];
    match checkout::cargo().args(run).args(args_os().skip(1)).status() {
        Ok(status) => u8::try_from(status.code().unwrap_or(1)).map_or(ExitCode::FAILURE, ExitCode::from),
        Err(error) => {
            eprintln!("error: cannot run cargo: {error}");
            ExitCode::FAILURE
        }
    }
}
