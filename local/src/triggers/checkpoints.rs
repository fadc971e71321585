//! The positions of functions in streams, which are stored with the data.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The functions' positions in the streams.
#[derive(Clone)]
pub(crate) struct Checkpoints {
    file: Option<PathBuf>,
    /// The positions by function and event.
    positions: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Checkpoints {
    /// Reads `streams.json` of the data directory. Without a directory, nothing is stored.
    pub(crate) fn open(data_dir: Option<&Path>) -> io::Result<Self> {
        let file = data_dir.map(|dir| dir.join("streams.json"));
        let positions = match file.as_ref().map(std::fs::read) {
            Some(Ok(bytes)) => serde_json::from_slice(&bytes)?,
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => BTreeMap::new(),
        };
        Ok(Self { file, positions: Arc::new(Mutex::new(positions)) })
    }

    pub(super) fn get(&self, key: &str) -> Option<String> {
        self.positions.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub(super) fn set(&self, key: &str, position: &str) -> io::Result<()> {
        let mut positions = self.positions.lock().unwrap_or_else(PoisonError::into_inner);
        positions.insert(key.to_owned(), position.to_owned());
        let Some(file) = &self.file else { return Ok(()) };
        // The new file replaces the old one at once, so a kill leaves one or the other.
        let fresh = file.with_extension("json.new");
        std::fs::write(&fresh, serde_json::to_vec_pretty(&*positions)?)?;
        std::fs::rename(fresh, file)
    }
}
