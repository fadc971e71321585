//! Changes that follow each other closely.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::Instant;

/// The time without changes after which a build begins: an editor writes several files, or one in several steps.
const QUIET: Duration = Duration::from_millis(40);

/// The time after which a build begins although changes continue.
const LONGEST_STORM: Duration = Duration::from_secs(2);

/// Changes that are not acted on yet.
#[derive(Debug)]
pub(super) struct Storm {
    first: Instant,
    pub(super) last: Instant,
    /// The files that functions are made of.
    pub(super) paths: BTreeSet<PathBuf>,
    pub(super) changes_workspace: bool,
    pub(super) changes_template: bool,
}

impl Storm {
    pub(super) fn at(now: Instant) -> Self {
        let paths = BTreeSet::new();
        Self { first: now, last: now, paths, changes_workspace: false, changes_template: false }
    }

    /// Returns the time at which the changes are acted on.
    pub(super) fn end(&self) -> Instant {
        (self.last + QUIET).min(self.first + LONGEST_STORM)
    }

    /// Names a changed file and counts the others. An editor's drafts are gone by now.
    pub(super) fn shown(&self, root: &Path) -> String {
        let mut files = self.paths.iter().filter(|path| path.is_file());
        let Some(first) = files.next() else { return "a folder".to_owned() };
        let first = first.strip_prefix(root).unwrap_or(first).display();
        match files.count() {
            0 => first.to_string(),
            others => format!("{first} and {others} more"),
        }
    }
}
