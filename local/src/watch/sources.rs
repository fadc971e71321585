//! Changes of files, as the system reports them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{Event, NullWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use super::workspace::Workspace;

/// The watched folders.
pub(super) struct Sources {
    watcher: Box<dyn Watcher + Send>,
    changes: mpsc::UnboundedReceiver<Change>,
    folders: BTreeSet<PathBuf>,
    /// Why no change is reported, if none is. Systems limit watches, and editors use them, too.
    pub(super) unwatched: Option<notify::Error>,
}

/// A change.
pub(super) enum Change {
    Path(PathBuf),
    /// Changes were lost: anything can have changed.
    Lost,
}

impl Sources {
    /// Watches the workspace's folders and that of the template.
    pub(super) fn of(workspace: &Workspace, template: &Path) -> Self {
        Self::reported(workspace, template).unwrap_or_else(|error| Self {
            watcher: Box::new(NullWatcher),
            changes: mpsc::unbounded_channel().1,
            folders: BTreeSet::new(),
            unwatched: Some(error),
        })
    }

    fn reported(workspace: &Workspace, template: &Path) -> notify::Result<Self> {
        let (sender, changes) = mpsc::unbounded_channel();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // The send fails if the watch has ended.
            let send = |change| drop(sender.send(change));
            match event {
                Ok(event) if event.need_rescan() => send(Change::Lost),
                Ok(event) if is_change(event.kind) => {
                    event.paths.into_iter().map(Change::Path).for_each(send);
                }
                Ok(_) => {}
                Err(_) => send(Change::Lost),
            }
        })?;
        let watcher = Box::new(watcher);
        let mut sources = Self { watcher, changes, folders: BTreeSet::new(), unwatched: None };
        sources.watch(workspace, template)?;
        Ok(sources)
    }

    /// Watches no folder, so that those which were removed and made again can be watched again.
    pub(super) fn forget(&mut self) {
        for folder in std::mem::take(&mut self.folders) {
            // A folder that was removed is no longer watched.
            let _ = self.watcher.unwatch(&folder);
        }
    }

    /// Watches the folders that the workspace has now.
    pub(super) fn watch(&mut self, workspace: &Workspace, template: &Path) -> notify::Result<()> {
        let (whole, mut alone) = workspace.folders();
        if let Some(folder) = template.parent()
            && !folder.ancestors().any(|above| whole.contains(above))
        {
            alone.insert(folder.to_owned());
        }
        let whole = whole.into_iter().map(|folder| (folder, RecursiveMode::Recursive));
        let alone = alone.into_iter().map(|folder| (folder, RecursiveMode::NonRecursive));
        for (folder, mode) in whole.chain(alone) {
            if self.folders.contains(&folder) {
                continue;
            }
            match self.watcher.watch(&folder, mode) {
                // The folder was removed a moment ago; its return is a change of the folder above.
                Err(error) if matches!(error.kind, notify::ErrorKind::PathNotFound) => {}
                watched => watched?,
            }
            self.folders.insert(folder);
        }
        Ok(())
    }

    /// Waits for the next change.
    pub(super) async fn next(&mut self) -> Change {
        match self.changes.recv().await {
            Some(change) => change,
            None => std::future::pending().await,
        }
    }

    /// Returns true if the path is a watched folder itself.
    pub(super) fn is_folder(&self, path: &Path) -> bool {
        self.folders.contains(path)
    }
}

/// Returns false for reading, which compilers do.
fn is_change(kind: EventKind) -> bool {
    !matches!(kind, EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write))
}
