//! `cargo xtask new`: a new function, with everything that the workspace wants of one.

mod event;
mod resource;
mod route;

use std::path::Path;

use crate::edits::Written;
use crate::{Error, checkout};

/// The arguments of `new`.
#[derive(clap::Args)]
pub struct Args {
    /// The function's name: its path without /api/, such as `users-id`
    #[arg(required_unless_present = "resource")]
    name: Option<String>,
    /// Its path, where the name leaves it open, such as `/api/two-words/{id}`
    #[arg(long, conflicts_with = "resource")]
    path: Option<String>,
    /// Start a function without a path, which these events invoke
    #[arg(long, value_name = "SOURCE", conflicts_with_all = ["path", "resource"])]
    event: Option<event::Source>,
    /// Start a stored resource instead: list, create, get, replace, update and delete, from the entity to the tests
    #[arg(long, value_name = "PLURAL", conflicts_with = "name")]
    resource: Option<String>,
    /// The name of one of them, if it is irregular
    #[arg(long, value_name = "SINGULAR", requires = "resource")]
    singular: Option<String>,
    /// The resource that it belongs to: `--resource comments --under posts` serves /api/posts/{id}/comments
    #[arg(long, value_name = "PLURAL", requires = "resource")]
    under: Option<String>,
}

const NEXT: &str = "\
Next:
    make openapi                 writes openapi.json, the README's table and the client's types from the code
    UPDATE_DOCS=1 make test      passes, and writes the costs of new operations into docs/data-model.md
docs/adding-a-route.md goes on from here.";

/// Writes the files, formats them and adds the package to Cargo.lock.
pub fn run(args: &Args, root: &Path) -> Result<String, Error> {
    let edits = match (&args.name, &args.resource) {
        (_, Some(plural)) => resource::edits(plural, args.singular.as_deref(), args.under.as_deref(), root),
        (Some(name), None) if let Some(source) = args.event => event::edits(name, source, root),
        (Some(name), None) => route::edits(name, args.path.as_deref(), root),
        (None, None) => Err(Error::Name("give a name, or --resource".to_owned())),
    }?;
    let written = edits.write()?;
    cargo(root, &["fmt", "--all"])?;
    cargo(root, &["update", "--workspace", "--offline", "--quiet"])?;
    Ok(report(&written))
}

fn report(Written { created, changed }: &Written) -> String {
    let mut lines = Vec::new();
    for (title, files) in [("New:", created), ("Changed:", changed)] {
        lines.push(title.to_owned());
        lines.extend(files.iter().map(|file| format!("    {}", file.display())));
    }
    format!("{}\n\n{NEXT}", lines.join("\n"))
}

fn cargo(root: &Path, args: &[&str]) -> Result<(), Error> {
    let failed = |reason: String| Error::Cargo { command: format!("cargo {}", args.join(" ")), reason };
    let output =
        checkout::cargo().args(args).current_dir(root).output().map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}
