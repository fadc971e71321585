//! `cargo xtask openapi`: generates openapi.json and the README's route table from the code.

mod about;
mod bodies;
mod errors;
mod headers;
mod operation;
mod samples;
mod texts;

use std::path::Path;

use shared::http::Code;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi, RefOr, Response};

use self::operation::has_parameter;
use crate::diff::diff;
use crate::error::{Error, read, write};
use crate::functions::{self, operations_mut};
use crate::{route_table, template};

/// The arguments of `openapi`.
#[derive(clap::Args)]
pub struct Args {
    /// Write nothing; fail if the files do not match the code
    #[arg(long)]
    pub check: bool,
}

/// Writes or checks openapi.json and the table in README.md.
pub fn run(args: &Args, root: &Path) -> Result<String, Error> {
    let document = document();
    let readme = root.join("README.md");
    let old_readme = if readme.exists() { read(&readme)? } else { route_table::EMPTY_README.to_owned() };
    let table = route_table::render(&document, &template::load(root)?);
    let files =
        [(root.join("openapi.json"), json(&document)?), (readme, route_table::insert(&old_readme, &table))];
    if args.check {
        let drift: Vec<String> = files.iter().filter_map(|(path, text)| drift(path, text)).collect();
        return if drift.is_empty() {
            Ok("openapi.json and README.md are what the code says".to_owned())
        } else {
            Err(Error::Drift(drift.join("\n")))
        };
    }
    for (path, text) in &files {
        // An unchanged file is not written, so that crates that embed it are not built again.
        if drift(path, text).is_some() {
            write(path, text)?;
        }
    }
    Ok("openapi.json and the route table of README.md are written".to_owned())
}

/// Returns the document in the format of the file.
pub fn json(document: &OpenApi) -> Result<String, Error> {
    Ok(document.to_pretty_json()? + "\n")
}

/// Returns the document: the operations of all functions, and the parts that they share.
#[must_use]
pub fn document() -> OpenApi {
    let mut document = about::document();
    for mut function in functions::all() {
        name_own_url(&mut function.document);
        document.merge(function.document);
    }
    let mut components = document.components.take().unwrap_or_default();
    for (method, operation) in operations_mut(&mut document) {
        let codes = errors::codes(method, operation);
        if method == "GET" {
            not_modified(operation);
        }
        headers::describe(operation, codes.contains(&Code::RateLimited), &mut components);
        bodies::add(operation, &mut components);
        errors::describe(operation, &codes, &mut components);
        texts::finish(operation, &components);
        // A public operation declares that it needs no security.
        operation.security.get_or_insert_default();
    }
    document.components = Some(components);
    document
}

/// Moves a function's `servers` to each of its operations, because other functions are elsewhere.
fn name_own_url(document: &mut OpenApi) {
    let servers = document.servers.take();
    if servers.is_some() {
        operations_mut(document).for_each(|(_, operation)| operation.servers.clone_from(&servers));
    }
}

/// Adds 304 to an operation if its request can name the version that the client has.
fn not_modified(operation: &mut Operation) {
    if has_parameter(operation, "If-None-Match")
        && let Some(RefOr::T(whole)) = operation.responses.responses.get("200")
    {
        let mut response = Response::new("The client has the current version.");
        response.headers = whole.headers.clone();
        operation.responses.responses.entry("304".to_owned()).or_insert(RefOr::T(response));
    }
}

/// Describes the difference if a file does not have this text.
fn drift(path: &Path, text: &str) -> Option<String> {
    let old = std::fs::read_to_string(path).unwrap_or_default();
    (old != text).then(|| format!("{}, {}", path.display(), diff(&old, text)))
}
