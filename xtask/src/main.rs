//! The project's chores: `cargo xtask --help`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use scaffold::{checkout, new, remove};
use xtask::{admin, event, fsck, iam, openapi, root, root_of_this_code, rotate_keys, stripe_sign, token};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's chores")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Write openapi.json and the README's route table from the code
    Openapi(openapi::Args),
    /// Print an access token for the API on this machine
    Token(token::Args),
    /// Print the Stripe-Signature of a body for the API on this machine
    StripeSign(stripe_sign::Args),
    /// Create an administrator of a deployment
    Admin(admin::Args),
    /// Replace the key that signs access tokens
    RotateKeys(rotate_keys::Args),
    /// Print a recorded event with valid tokens
    Event(event::Args),
    /// Check a table and repair it
    Fsck(fsck::Args),
    /// Check that functions may do what tests need and nothing else
    Iam(iam::Args),
    /// Create a new function
    New(new::Args),
    /// Remove functions with everything that belongs to them
    Remove(remove::Args),
    /// Remove all functions except accounts, health, the document and the fallback
    Strip,
}

fn main() -> ExitCode {
    let done = match Cli::parse().chore {
        Chore::Openapi(args) => root_of_this_code().and_then(|root| openapi::run(&args, &root)),
        Chore::Token(args) => token::run(&args, &root()),
        Chore::StripeSign(args) => stripe_sign::run(&args, &root()),
        Chore::Admin(args) => admin::run(args),
        Chore::RotateKeys(args) => rotate_keys::run(&args, &root()),
        Chore::Event(args) => event::run(&args, &root()),
        Chore::Fsck(args) => return fsck::run(&args, &root()),
        Chore::Iam(args) => iam::run(&args, &root()),
        Chore::New(args) => {
            checkout::find(&root()).and_then(|root| new::run(&args, &root)).map_err(Into::into)
        }
        Chore::Remove(args) => {
            checkout::find(&root()).and_then(|root| remove::run(&args, &root)).map_err(Into::into)
        }
        Chore::Strip => checkout::find(&root()).and_then(|root| remove::strip(&root)).map_err(Into::into),
    };
    match done {
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
