//! Saved is served: a change of the sources rebuilds the functions that it belongs to, before their next event.
//!
//! [`workspace`] knows from cargo which function is made of which file, [`sources`] reports changes, and [`cargo`] runs
//! one build at a time. Events of a function wait for its build ([`Build`]); the compiler's errors are the answer.

mod cargo;
mod sources;
mod storm;
mod workspace;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use self::cargo::{Cargo, Outcome, Step};
use self::sources::{Change, Sources};
use self::storm::Storm;
use self::workspace::{Affected, Workspace};
use crate::lambda::instances::{Build, Pools};
use crate::logs::Logs;
use crate::server::stop;

/// The number of functions that are built together while nobody waits for them. Somebody who then asks for another
/// function waits no longer than for these.
const TOGETHER: usize = 4;

/// The parts of a watch.
pub(crate) struct Parts {
    pub(crate) template: PathBuf,
    /// The folder from which functions start.
    pub(crate) binaries: PathBuf,
    pub(crate) pools: watch::Receiver<Pools>,
    /// Told of each change of the template.
    pub(crate) template_changed: mpsc::UnboundedSender<()>,
    pub(crate) logs: Logs,
    pub(crate) stop: watch::Receiver<bool>,
    /// Held until no build runs.
    pub(crate) _alive: mpsc::Sender<()>,
}

/// The functions and what is known of their sources.
struct Watch {
    parts: Parts,
    workspace: Workspace,
    sources: Sources,
    /// The functions that the workspace builds, by the names of their binaries.
    builds: BTreeMap<String, Build>,
    /// The functions that the next builds are for.
    stale: BTreeSet<String>,
    running: Option<Running>,
    /// True if the last build was killed by somebody else. It is tried once more.
    was_killed: bool,
    /// True if no build has ended since a change interrupted one. The next one may be in vain: a build script that
    /// writes into its package would otherwise interrupt every build.
    was_interrupted: bool,
    /// The number of functions that are built together. At the start it is all of them if all were built before, since
    /// most are current then.
    together: usize,
    /// Changes that are not built yet.
    storm: Option<Storm>,
}

/// A build that runs, and the functions that it has not finished.
struct Running {
    cargo: Cargo,
    left: BTreeSet<String>,
    rebuilt: Vec<String>,
    started: Instant,
}

/// Starts to watch, in a task that runs until the stop. Returns what is watched, or why nothing is.
///
/// All functions wait for a first build, which finds out which are current.
pub(crate) async fn start(parts: Parts) -> String {
    let opened = tokio::task::spawn_blocking(move || Watch::open(parts)).await;
    match opened.unwrap_or_else(|error| Err(error.to_string())) {
        Ok(watch) => {
            let (all, missing) = (watch.builds.len(), watch.missing());
            let rebuilt = match &watch.sources.unwatched {
                None => "are rebuilt when they are saved".to_owned(),
                Some(error) => format!("are built now, and not when they are saved: {error}"),
            };
            let missing = if missing == 0 { String::new() } else { format!("; {missing} are not built yet") };
            tokio::spawn(watch.run());
            format!("{all} functions {rebuilt}{missing}")
        }
        Err(reason) => format!("nothing is rebuilt: {reason}"),
    }
}

impl Watch {
    fn open(mut parts: Parts) -> Result<Self, String> {
        let path = |error: std::io::Error| error.to_string();
        parts.template = fs::canonicalize(&parts.template).map_err(path)?;
        let directory = parts.template.parent().unwrap_or(Path::new("/"));
        // The folder does not exist before the first build.
        let used = fs::canonicalize(&parts.binaries).unwrap_or_else(|_| parts.binaries.clone());
        let workspace = Workspace::around(directory, used.parent().unwrap_or(&used))?;
        if !used.ends_with("debug") {
            let used = used.display();
            return Err(format!("functions start from {used}, and only debug binaries are rebuilt"));
        }
        let sources = Sources::of(&workspace, &parts.template);
        let mut watch = Self {
            parts,
            workspace,
            sources,
            builds: BTreeMap::new(),
            stale: BTreeSet::new(),
            running: None,
            was_killed: false,
            was_interrupted: false,
            together: usize::MAX,
            storm: None,
        };
        watch.take_functions();
        if watch.builds.is_empty() {
            return Err("the workspace builds no binary of a function".to_owned());
        }
        if watch.missing() > 0 {
            watch.together = TOGETHER;
        }
        Ok(watch)
    }

    /// Counts the functions that were never built.
    fn missing(&self) -> usize {
        self.builds.keys().filter(|name| !self.parts.binaries.join(name).exists()).count()
    }

    async fn run(mut self) {
        let mut stop = self.parts.stop.clone();
        loop {
            self.begin();
            let settled = self.storm.as_ref().map(Storm::end);
            tokio::select! {
                () = stop::requested(&mut stop) => break,
                change = self.sources.next() => self.changed(change).await,
                () = until(settled) => self.settle().await,
                done = next_step(&mut self.running) => self.take_step(done),
                Ok(()) = self.parts.pools.changed() => self.take_functions(),
            }
        }
        self.interrupt().await;
    }

    /// Takes over functions that are new in the template or in the workspace. They are stale.
    fn take_functions(&mut self) {
        let pools = self.parts.pools.borrow_and_update().clone();
        let used = || pools.iter().filter(|pool| !pool.function().has_managed_runtime());
        self.builds.retain(|name, _| used().any(|pool| pool.function().binary == *name));
        for pool in used() {
            let name = &pool.function().binary;
            if self.workspace.builds(name) && !self.builds.contains_key(name) {
                self.builds.insert(name.clone(), pool.build().clone());
                self.mark(name);
            }
        }
        self.stale.retain(|name| self.builds.contains_key(name));
    }

    fn mark(&mut self, name: &str) {
        if let Some(build) = self.builds.get(name) {
            build.set_stale();
            self.stale.insert(name.to_owned());
        }
    }

    /// Takes a change: its functions are stale from now on, and a build that reads what was changed is in vain.
    async fn changed(&mut self, change: Change) {
        let (affected, path) = match change {
            Change::Path(path) => (self.workspace.affected(&path), Some(path)),
            Change::Lost => {
                (Affected { functions: self.builds.keys().cloned().collect(), is_source: true }, None)
            }
        };
        let changes_template = path.as_ref().is_none_or(|path| *path == self.parts.template);
        let changes_workspace = path
            .as_ref()
            .is_none_or(|path| self.workspace.is_shaped_by(path) || self.sources.is_folder(path));
        let names: Vec<String> =
            affected.functions.into_iter().filter(|name| self.builds.contains_key(name)).collect();
        if names.is_empty() && !changes_template && !changes_workspace {
            return;
        }
        for name in &names {
            self.mark(name);
        }
        let is_in_vain = |running: &Running| names.iter().any(|name| running.left.contains(name));
        if affected.is_source && !self.was_interrupted && self.running.as_ref().is_some_and(is_in_vain) {
            self.interrupt().await;
            self.was_interrupted = true;
        }
        let now = Instant::now();
        let storm = self.storm.get_or_insert_with(|| Storm::at(now));
        storm.last = now;
        storm.changes_template |= changes_template;
        storm.changes_workspace |= changes_workspace;
        if !names.is_empty() {
            self.together = TOGETHER;
            storm.paths.extend(path);
        }
    }

    /// Acts on the changes when no more of them come.
    async fn settle(&mut self) {
        let Some(storm) = self.storm.take() else { return };
        if storm.changes_workspace {
            self.read_workspace().await;
        }
        if storm.changes_template {
            // The receiver is gone only when the stack stops.
            let _ = self.parts.template_changed.send(());
        }
        if !self.stale.is_empty() {
            let changed = storm.shown(&self.workspace.root);
            self.parts
                .logs
                .note(format_args!("watch      {changed} changed: building {}", listed(&self.stale)));
        }
    }

    async fn read_workspace(&mut self) {
        let (root, target) = (self.workspace.root.clone(), self.workspace.target.clone());
        let read = tokio::task::spawn_blocking(move || Workspace::around(&root, &target)).await;
        match read {
            Ok(Ok(workspace)) => {
                self.workspace = workspace;
                self.builds.keys().for_each(|name| self.workspace.read_outside(name));
                self.take_functions();
            }
            // The build will fail for the same reason, and then the error is the answer.
            Ok(Err(_)) => self.builds.clone().keys().for_each(|name| self.mark(name)),
            Err(_) => {}
        }
        self.sources.forget();
        self.watch_sources();
    }

    fn watch_sources(&mut self) {
        if let Err(error) = self.sources.watch(&self.workspace, &self.parts.template) {
            self.parts.logs.warn(format_args!("watch: {error}"));
        }
    }

    /// Begins the next build, if something is stale and nothing changes.
    fn begin(&mut self) {
        if self.running.is_some() || self.storm.is_some() || self.stale.is_empty() {
            return;
        }
        let batch = self.next_batch();
        self.stale.retain(|name| !batch.contains(name));
        match Cargo::build(&self.workspace, batch.iter(), &self.parts.logs) {
            Ok(cargo) => {
                let started = Instant::now();
                self.running = Some(Running { cargo, left: batch, rebuilt: Vec::new(), started });
            }
            Err(error) => {
                let outcome = Outcome { error: format!("cargo: {error}"), ..Outcome::default() };
                self.failed(batch, &outcome);
            }
        }
    }

    fn next_batch(&self) -> BTreeSet<String> {
        let pools = self.parts.pools.borrow();
        let is_in_use =
            |name: &str| pools.iter().any(|pool| pool.function().binary == name && pool.has_instances());
        batch(&self.stale, |name| self.builds[name].is_awaited(), is_in_use, self.together)
    }
}

impl Watch {
    /// Takes a step of the running build.
    fn take_step(&mut self, step: Step) {
        match step {
            Step::Built { name, is_fresh } => {
                let Some(running) = &mut self.running else { return };
                running.left.remove(&name);
                if !is_fresh {
                    running.rebuilt.push(name.clone());
                }
                self.set_built(&name);
            }
            Step::Ended(outcome) => {
                let Some(Running { left, rebuilt, started, .. }) = self.running.take() else { return };
                if !rebuilt.is_empty() {
                    let took = started.elapsed().as_secs_f64();
                    self.parts
                        .logs
                        .note(format_args!("watch      {} rebuilt in {took:.1} s", listed(&rebuilt)));
                }
                self.was_interrupted = false;
                let is_repeated = outcome.was_killed && !self.was_killed;
                self.was_killed = outcome.was_killed;
                if is_repeated {
                    self.stale.extend(left);
                } else if outcome.is_success {
                    for name in &left {
                        self.set_built(name);
                    }
                } else {
                    self.failed(left, &outcome);
                }
            }
        }
    }

    fn set_built(&mut self, name: &str) {
        self.workspace.read_outside(name);
        self.watch_sources();
        // A function that has changed since then stays stale.
        if let Some(build) = self.builds.get(name).filter(|_| !self.stale.contains(name)) {
            build.set_current();
        }
    }

    /// Answers for the functions of a build that failed, and for all others that contain what does not compile.
    fn failed(&mut self, mut left: BTreeSet<String>, outcome: &Outcome) {
        let broken = |name: &String| {
            let errors = outcome.errors.iter();
            let own = errors.filter(|(folder, _)| {
                self.workspace.made_of(folder).is_some_and(|functions| functions.contains(name))
            });
            own.map(|(_, text)| text.as_str()).collect::<String>()
        };
        let mut failures = BTreeMap::<String, BTreeSet<String>>::new();
        left.retain(|name| !self.stale.contains(name));
        for name in left {
            let text = Some(broken(&name)).filter(|text| !text.is_empty());
            failures.entry(text.unwrap_or_else(|| outcome.error.clone())).or_default().insert(name);
        }
        for name in &self.stale {
            let text = broken(name);
            if let (false, Some(names)) = (text.is_empty(), failures.get_mut(&text)) {
                names.insert(name.clone());
            }
        }
        for (text, names) in failures {
            for name in &names {
                self.stale.remove(name);
                if let Some(build) = self.builds.get(name) {
                    build.set_failed(&text);
                }
            }
            self.parts.logs.warn(format_args!("{} cannot be built:\n{}", listed(&names), text.trim_end()));
        }
    }

    /// Kills the running build; its functions stay stale.
    async fn interrupt(&mut self) {
        if let Some(running) = self.running.take() {
            self.stale.extend(running.left);
            running.cargo.kill().await;
        }
    }
}

/// Returns the functions that events wait for. Without any, returns some of those that are in use, or of the rest.
fn batch(
    stale: &BTreeSet<String>,
    is_awaited: impl Fn(&str) -> bool,
    is_in_use: impl Fn(&str) -> bool,
    together: usize,
) -> BTreeSet<String> {
    let awaited: BTreeSet<String> = stale.iter().filter(|name| is_awaited(name)).cloned().collect();
    if !awaited.is_empty() {
        return awaited;
    }
    let mut rest: Vec<&String> = stale.iter().collect();
    rest.sort_by_key(|name| !is_in_use(name));
    rest.into_iter().take(together).cloned().collect()
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

async fn next_step(running: &mut Option<Running>) -> Step {
    match running {
        Some(running) => running.cargo.next().await,
        None => std::future::pending().await,
    }
}

/// Names up to three functions, or counts them.
fn listed<'n>(names: impl IntoIterator<Item = &'n String>) -> String {
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    if names.len() > 3 { format!("{} functions", names.len()) } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::batch;

    #[test]
    fn functions_that_events_wait_for_are_built_first_and_then_those_in_use() {
        let stale = BTreeSet::from(["a", "b", "c", "d"].map(str::to_owned));
        let next = |awaited: &[&str], in_use: &[&str]| {
            batch(&stale, |name| awaited.contains(&name), |name| in_use.contains(&name), 2)
                .into_iter()
                .collect::<String>()
        };
        assert_eq!(next(&["b", "c", "d"], &["a"]), "bcd");
        assert_eq!(next(&[], &["d"]), "ad");
        assert_eq!(next(&[], &[]), "ab");
    }
}
