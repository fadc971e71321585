//! The programs that are measured, each with a request.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::DirEntry;
use std::path::{Path, PathBuf};

use local::Stack;
use local::template::Function;
use serde_json::json;

use super::Error;
use super::account::Account;
use super::request::Request;

/// The package that all others are compared with.
const BARE: &str = "bench-bare";
/// The package that all others are compared with as on Lambda.
pub(super) const FLOOR: &str = "bench-floor";

/// Functions whose event is another one than `get`, or than the first one if there is no `get`.
const EVENTS: &[(&str, &str)] = &[
    ("auth-login", "login"),
    ("upload", "create-as-admin-for-nobody"),
    ("upload-completed", "unknown-file"),
    ("webhooks-stripe", "checkout-session-completed"),
];

/// A program that is measured.
#[derive(Clone)]
pub(super) struct Subject {
    pub(super) name: String,
    /// The file of the program, and its arguments.
    pub(super) command: Vec<OsString>,
    /// The working directory.
    pub(super) folder: PathBuf,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) request: Request,
    /// `MemorySize` in the template.
    pub(super) memory_mb: u64,
    /// Tells whether its events come from the HTTP API.
    pub(super) has_route: bool,
    /// The file or the folder that is deployed.
    pub(super) deployed: PathBuf,
}

/// The functions with the services of `local`, and an account that may call them.
pub(super) struct Functions<'a> {
    pub(super) stack: Stack,
    root: &'a Path,
    binaries: PathBuf,
    account: Account,
}

impl<'a> Functions<'a> {
    /// Starts the services. Signatures are not verified, because that time is not the functions'.
    pub(super) async fn start(root: &'a Path, binaries: &Path) -> Result<Self, Error> {
        let binaries =
            std::path::absolute(binaries).map_err(|error| Error::Io(binaries.to_owned(), error))?;
        let stack = Stack::builder()
            .template(root.join("template.yaml"))
            .parameter("RateLimitScale", "1000000")
            .binaries(&binaries)
            .without_iam()
            .start()
            .await?;
        let account = Account::make(&stack).await?;
        Ok(Self { stack, root, binaries, account })
    }

    /// Returns the bare function, the floor, then the functions with these names, or all of the template.
    pub(super) fn named(&self, names: &[String]) -> Result<Vec<Subject>, Error> {
        let functions = &self.stack.template().functions;
        let known = |name: &&String| functions.iter().any(|function| &&function.binary == name);
        if let Some(unknown) = names.iter().find(|name| !known(name)) {
            return Err(Error::NoFunction(unknown.clone()));
        }
        let mut subjects = vec![self.bare()?, self.floor()?];
        for function in functions.iter().filter(|function| !function.has_managed_runtime()) {
            let name = &function.binary;
            if names.is_empty() || names.contains(name) {
                subjects.push(self.function(name, self.request(name, &self.event(name)?)?)?);
            }
        }
        Ok(subjects)
    }

    /// Returns the package that all others are compared with.
    pub(super) fn bare(&self) -> Result<Subject, Error> {
        let any = self.stack.template().functions.first();
        self.binary(BARE, any, Request::plain(json!({})))
    }

    /// Returns the function that reads the account of the events, and does nothing else.
    fn floor(&self) -> Result<Subject, Error> {
        let functions = &self.stack.template().functions;
        let with_table = functions.iter().find(|function| function.variables.contains_key("TABLE_NAME"));
        self.binary(FLOOR, with_table, self.account.event())
    }

    /// Returns a function of the template with a request.
    pub(super) fn function(&self, name: &str, request: Request) -> Result<Subject, Error> {
        self.binary(name, self.declared(name), request)
    }

    /// Returns the variables of a function of the template.
    pub(super) fn environment(&self, name: &str) -> Option<BTreeMap<String, String>> {
        self.stack.environments().remove(&self.declared(name)?.logical_id)
    }

    fn declared(&self, name: &str) -> Option<&Function> {
        self.stack.template().functions.iter().find(|function| function.binary == name)
    }

    /// Returns a recorded request of a function.
    pub(super) fn request(&self, function: &str, case: &str) -> Result<Request, Error> {
        let path = self.root.join("events").join(function).join(case).with_extension("json");
        self.account.fill(function, &path)
    }

    fn binary(&self, name: &str, declared: Option<&Function>, request: Request) -> Result<Subject, Error> {
        let binary = self.binaries.join(name);
        if !binary.exists() {
            return Err(Error::NotBuilt(binary));
        }
        let environment =
            declared.and_then(|function| self.stack.environments().remove(&function.logical_id));
        let routes = &self.stack.template().routes;
        let has_route =
            declared.is_some_and(|function| routes.iter().any(|route| route.function == function.name));
        Ok(Subject {
            name: name.to_owned(),
            command: vec![binary.clone().into()],
            folder: self.root.to_owned(),
            environment: environment.unwrap_or_default(),
            request,
            memory_mb: declared.map_or(0, |function| function.memory_size),
            has_route,
            deployed: binary,
        })
    }

    /// Returns the name of the event with which a function is measured.
    fn event(&self, function: &str) -> Result<String, Error> {
        let folder = self.root.join("events").join(function);
        let chosen = EVENTS.iter().find(|(name, _)| *name == function).map_or("get", |(_, case)| case);
        if folder.join(chosen).with_extension("json").exists() {
            return Ok(chosen.to_owned());
        }
        let files = folder.read_dir().map_err(|error| Error::Io(folder.clone(), error))?;
        // Without the extension `create` comes before `create-invalid`.
        let stem = |file: DirEntry| file.path().file_stem().map(|stem| stem.to_string_lossy().into_owned());
        Ok(files.flatten().filter_map(stem).min().unwrap_or_else(|| chosen.to_owned()))
    }
}
