//! The pools of a template's functions.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use tokio::sync::{mpsc, watch};

use super::environment::{Endpoints, environment};
use super::{StartError, io_error};
use crate::access::Authority;
use crate::lambda::instances::{Build, Pool, PoolParts, Pools, Settings};
use crate::lambda::runtime_api;
use crate::logs::Logs;
use crate::secrets::Secrets;
use crate::template::{ACCOUNT_ID, Function, REGION, Template};

/// Everything that functions have in common.
pub(super) struct Functions {
    pub(super) binaries: PathBuf,
    /// The template, from whose folder packages are named.
    pub(super) template: PathBuf,
    /// One for each program: functions with the same binary share it.
    pub(super) builds: BTreeMap<PathBuf, Build>,
    /// The working directories.
    pub(super) task_roots: Arc<TempDir>,
    pub(super) overrides: BTreeMap<String, String>,
    pub(super) secrets: Secrets,
    pub(super) endpoints: Endpoints,
    pub(super) authority: Authority,
    pub(super) settings: Settings,
    pub(super) logs: Logs,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) stop_runtime: watch::Receiver<bool>,
    pub(super) alive: mpsc::Sender<()>,
}

impl Functions {
    /// Makes the pools of a template.
    pub(super) fn pools(&mut self, template: &Template) -> Result<Pools, StartError> {
        template.functions.iter().map(|function| self.pool(function).map(Arc::new)).collect()
    }

    /// Makes the pool of a function.
    pub(super) fn pool(&mut self, function: &Function) -> Result<Pool, StartError> {
        let (binary, task_root) = self.program(function)?;
        let build = self.builds.entry(binary.clone()).or_insert_with(Build::current).clone();
        Ok(Pool::new(
            PoolParts {
                arn: format!("arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{}", function.name),
                binary,
                build,
                environment: environment(
                    function,
                    &self.secrets,
                    &self.overrides,
                    &self.endpoints,
                    &self.authority,
                    &task_root,
                ),
                task_root,
                settings: self.settings,
                logs: self.logs.clone(),
                stop: self.stop.clone(),
                stop_runtime: self.stop_runtime.clone(),
                function: function.clone(),
            },
            runtime_api::serve_instance,
            self.alive.clone(),
        ))
    }

    /// Returns the program of a function's processes, and the directory in which they run.
    ///
    /// A function with a managed runtime brings the program along: `bootstrap` in its package, which AWS ignores.
    fn program(&self, function: &Function) -> Result<(PathBuf, PathBuf), StartError> {
        if !function.has_managed_runtime() {
            return Ok((self.binaries.join(&function.binary), task_root(self.task_roots.path(), function)?));
        }
        let folder = self.template.parent().unwrap_or(Path::new(""));
        let package = folder.join(function.code_uri.as_deref().unwrap_or_default());
        let package = std::path::absolute(package).map_err(io_error("finding a function's package"))?;
        Ok((package.join("bootstrap"), package))
    }
}

/// Makes the working directory of a function's processes. On AWS nothing can be written there.
fn task_root(all: &Path, function: &Function) -> Result<PathBuf, StartError> {
    let directory = all.join(&function.name);
    let made = match fs::create_dir(&directory) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(()) => fs::metadata(&directory).and_then(|metadata| {
            let mut permissions = metadata.permissions();
            permissions.set_readonly(true);
            fs::set_permissions(&directory, permissions)
        }),
    };
    made.map_err(io_error("making a function's directory"))?;
    Ok(directory)
}
