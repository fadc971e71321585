//! The command line.

pub mod admin;
mod announce;
mod error;
mod invoke;
mod options;
mod signals;
mod token;

pub use error::Error;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};

use self::announce::{announce, announce_services};
use self::options::Options;
use self::signals::Signals;
use crate::secrets::write_private;

/// The port of S3, unless an option sets another.
const S3_PORT: u16 = 9000;

/// Runs the API of template.yaml on this machine.
#[derive(Debug, Parser)]
#[command(name = "local", version, args_conflicts_with_subcommands = false)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API until it is interrupted (the default).
    Run,
    /// Give one event to a function and print its answer.
    ///
    /// Uses a running `local` if there is one, or else starts the function itself.
    Invoke {
        /// The function's name, as in `users`.
        #[arg(required_unless_present = "schedule")]
        function: Option<String>,
        /// A file with the event, or - for standard input.
        #[arg(required_unless_present = "schedule")]
        event: Option<PathBuf>,
        /// Fire this schedule of the template now: its name, or its function's.
        #[arg(long, value_name = "NAME", conflicts_with_all = ["function", "event"])]
        schedule: Option<String>,
    },
    /// Give failed events to their functions again.
    ///
    /// Takes the events from the queues to which `OnFailure` sends them, those of a running `local` if there is one. Events
    /// that fail again stay there, and the exit code is 1.
    Redrive,
    /// Serve what functions call, for functions that another program runs, such as SAM.
    ///
    /// These are the database, S3, SQS, SES and the stubs. Triggers still run their functions here. `--port` says where the
    /// other program serves the API.
    Services {
        /// Write the variables of each function to this file, as `sam local --env-vars` reads them.
        #[arg(long, value_name = "FILE")]
        env_vars: Option<PathBuf>,
    },
}

/// Runs the command.
pub async fn run(cli: Cli) -> Result<(), Error> {
    match cli.command {
        None | Some(Command::Run) => serve(cli.options).await,
        Some(Command::Invoke { schedule: Some(name), .. }) => invoke::fire(&cli.options, &name).await,
        Some(Command::Invoke { function, event, .. }) => {
            let (function, event) = (function.unwrap_or_default(), event.unwrap_or_default());
            invoke::invoke(&cli.options, &function, &event).await
        }
        Some(Command::Redrive) => invoke::redrive(&cli.options).await,
        Some(Command::Services { env_vars }) => services(&cli.options, env_vars.as_deref()).await,
    }
}

async fn serve(options: Options) -> Result<(), Error> {
    let s3_port = options.s3_port.unwrap_or(if options.port == 0 { 0 } else { S3_PORT });
    let mut builder = options.builder().port(options.port).host(options.host).s3_port(s3_port);
    if let Some(port) = options.invoke_port() {
        builder = builder.invoke_port(port);
    }
    if !options.no_watch {
        builder = builder.watch();
    }
    // The handler is set before anything starts, so that an early Ctrl-C also stops what has started.
    let mut interrupted = Signals::new()?;
    let mut stack = builder.start().await?;
    announce(&mut stack, &options).await?;
    interrupted.wait().await;
    stack.note("stopping");
    stack.shutdown().await;
    Ok(())
}

async fn services(options: &Options, env_vars: Option<&Path>) -> Result<(), Error> {
    let mut interrupted = Signals::new()?;
    // Mails name this URL.
    let api = format!("http://{}", SocketAddr::new(options.host, options.port));
    let mut stack = options.builder().api_url(api).start().await?;
    announce_services(&mut stack, options).await?;
    if let Some(path) = env_vars {
        let variables = serde_json::json!(stack.environments()).to_string();
        write_private(path, variables.as_bytes())
            .map_err(|source| Error::Io { what: path.display().to_string(), source })?;
    }
    interrupted.wait().await;
    stack.note("stopping");
    stack.shutdown().await;
    Ok(())
}
