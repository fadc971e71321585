//! The size of what is deployed.

use std::io::{self, Write};
use std::ops::AddAssign;
use std::path::Path;

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// The bytes that an archive has for each file, apart from its path and its content (APPNOTE 4.3: a local header and one
/// in the central directory).
const ENTRY_BYTES: usize = 30 + 46;

/// The bytes of a file, or of all files of a folder.
#[derive(Default)]
pub(super) struct Size {
    pub(super) deployed: u64,
    /// In the archive that is uploaded.
    pub(super) zipped: u64,
}

impl Size {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        Self::below(path, path)
    }

    fn below(root: &Path, path: &Path) -> io::Result<Self> {
        if path.is_dir() {
            let mut size = Self::default();
            for entry in path.read_dir()? {
                size += Self::below(root, &entry?.path())?;
            }
            return Ok(size);
        }
        let content = std::fs::read(path)?;
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&content)?;
        let name = path.strip_prefix(root).unwrap_or(path).as_os_str().len();
        let zipped = encoder.finish()?.len() + ENTRY_BYTES + 2 * name;
        Ok(Self { deployed: content.len() as u64, zipped: zipped as u64 })
    }
}

impl AddAssign for Size {
    fn add_assign(&mut self, other: Self) {
        self.deployed += other.deployed;
        self.zipped += other.zipped;
    }
}
