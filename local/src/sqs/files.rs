//! Messages in the data folder: each is one file, which is complete or absent.
//!
//! A message that was being processed when `local` ended is visible at the next start.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::message::Message;

/// The folder of all queues. Without one, nothing is stored.
#[derive(Clone, Debug)]
pub(super) struct Files(Option<PathBuf>);

impl Files {
    pub(super) fn in_folder(folder: Option<&Path>) -> Self {
        Self(folder.map(Path::to_owned))
    }

    /// Reads the messages of a queue in the order in which they were sent.
    pub(super) fn read(&self, queue: &str) -> io::Result<Vec<Message>> {
        let Some(folder) = self.folder(queue) else { return Ok(Vec::new()) };
        fs::create_dir_all(&folder)?;
        let mut messages = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            // A file without this ending was not finished.
            if path.extension().is_some_and(|extension| extension == "json") {
                messages.push(serde_json::from_slice::<Message>(&fs::read(path)?)?);
            } else {
                fs::remove_file(path)?;
            }
        }
        messages.sort_by(|one, other| (one.sent, &one.id).cmp(&(other.sent, &other.id)));
        Ok(messages)
    }

    pub(super) fn write(&self, queue: &str, message: &Message) -> io::Result<()> {
        let Some(folder) = self.folder(queue) else { return Ok(()) };
        let file = folder.join(format!("{}.json", message.id));
        let fresh = file.with_extension("new");
        fs::write(&fresh, serde_json::to_vec(message)?)?;
        fs::rename(fresh, file)
    }

    pub(super) fn remove(&self, queue: &str, id: &str) -> io::Result<()> {
        let Some(folder) = self.folder(queue) else { return Ok(()) };
        match fs::remove_file(folder.join(format!("{id}.json"))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn folder(&self, queue: &str) -> Option<PathBuf> {
        self.0.as_ref().map(|folder| folder.join(queue))
    }
}
