//! The functions that are measured, each with an event.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use local::Stack;

use super::Error;
use super::account::Account;

/// The package that all others are compared with.
pub(super) const BARE: &str = "bench-bare";
/// The package that all others are compared with as on Lambda.
pub(super) const FLOOR: &str = "bench-floor";

/// Functions whose event is another one than `get`, or than the first one if there is no `get`.
const EVENTS: &[(&str, &str)] = &[
    ("auth-login", "login"),
    ("auth-refresh", "refresh"),
    ("upload", "create-as-admin-for-nobody"),
    ("upload-completed", "unknown-file"),
    ("webhooks-stripe", "checkout-session-completed"),
];

/// A function that is measured.
#[derive(Clone)]
pub(super) struct Subject {
    pub(super) name: String,
    pub(super) binary: PathBuf,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) event: Bytes,
}

impl Subject {
    /// Returns the bare function, then those with these names, or all of the template.
    pub(super) fn all(
        stack: &Stack,
        root: &Path,
        binaries: &Path,
        names: &[String],
        account: &Account,
    ) -> Result<Vec<Self>, Error> {
        let functions = &stack.template().functions;
        let known = |name: &&String| functions.iter().any(|function| &&function.binary == name);
        if let Some(unknown) = names.iter().find(|name| !known(name)) {
            return Err(Error::NoFunction(unknown.clone()));
        }
        let mut environments = stack.environments();
        let of_any = environments.values().next().cloned().unwrap_or_default();
        let mut subjects = vec![Self::new(BARE, binaries, of_any, Bytes::from_static(b"{}"))?];
        for function in functions.iter().filter(|function| !function.has_managed_runtime()) {
            let name = &function.binary;
            if names.is_empty() || names.contains(name) {
                let event = account.fill(&event(root, name)?)?;
                let environment = environments.remove(&function.logical_id).unwrap_or_default();
                subjects.push(Self::new(name, binaries, environment, event)?);
            }
        }
        Ok(subjects)
    }

    /// Returns the function that reads the account of the events, and does nothing else.
    pub(super) fn floor(stack: &Stack, binaries: &Path, account: &Account) -> Result<Self, Error> {
        let with_table = |environment: &BTreeMap<_, _>| environment.contains_key("TABLE_NAME");
        let environment = stack.environments().into_values().find(with_table).unwrap_or_default();
        Self::new(FLOOR, binaries, environment, account.event())
    }

    fn new(
        name: &str,
        binaries: &Path,
        environment: BTreeMap<String, String>,
        event: Bytes,
    ) -> Result<Self, Error> {
        let binary = binaries.join(name);
        if !binary.exists() {
            return Err(Error::NotBuilt(binary));
        }
        Ok(Self { name: name.to_owned(), binary, environment, event })
    }
}

/// Returns the path of the function's recorded event.
fn event(root: &Path, function: &str) -> Result<PathBuf, Error> {
    let folder = root.join("events").join(function);
    let chosen = EVENTS.iter().find(|(name, _)| *name == function).map_or("get", |(_, case)| case);
    let path = folder.join(chosen).with_extension("json");
    if path.exists() {
        return Ok(path);
    }
    let files = folder.read_dir().map_err(|error| Error::Io(folder.clone(), error))?;
    Ok(files.flatten().map(|file| file.path()).min().unwrap_or(path))
}
