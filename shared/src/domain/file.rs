//! Uploaded files: their records, and the rules for their contents.

mod digest;
mod inspection;
mod kind;
mod name;

pub use digest::Sha256Digest;
pub use inspection::{Inspected, Inspection};
pub use kind::FileType;
pub use name::FileName;

use serde::{Deserialize, Serialize};

use super::{FileId, Invalid, Revision, UserId};

/// The largest file in a request's body. With the rest of the body, and in base64, it stays below Lambda's 6 MB.
pub const MAX_UPLOAD_BYTES: usize = 4 * 1024 * 1024;

/// The maximum number of files of a user.
pub const MAX_FILES_PER_USER: u64 = 1000;

/// The maximum total size of a user's files, in bytes.
pub const MAX_BYTES_PER_USER: u64 = 1024 * 1024 * 1024;

/// The record of a file. Its content is an object in S3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The permanent id of the file, also in S3.
    pub id: FileId,
    /// The user who owns the file.
    pub user_id: UserId,
    /// The announced properties of the file; once it is ready, the actual ones.
    pub attributes: FileAttributes,
    /// The state of the content.
    pub state: FileState,
    /// Its version.
    pub revision: Revision,
}

/// The properties of a file that a request can set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileAttributes {
    /// The name that the user gave the file.
    pub name: FileName,
    /// The type of the content.
    pub kind: FileType,
    /// The size in bytes.
    pub size: FileSize,
    /// The content's SHA-256; for a pending file only if it was announced.
    pub sha256: Option<Sha256Digest>,
}

/// The state of a file between its upload and its removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileState {
    /// The content has not arrived or has not been checked.
    Pending,
    /// The content has arrived and matches the record.
    Ready,
    /// The file is hidden, but its content may still exist.
    Deleting,
}

/// The size of a file in bytes, up to 100 MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "u64", into = "u64")]
#[schema(value_type = u64, minimum = 1, maximum = 104_857_600, example = 1024)]
pub struct FileSize(u64);

impl FileSize {
    /// The largest file, uploaded to S3 directly.
    pub const MAX_BYTES: u64 = 100 * 1024 * 1024;

    /// Returns the size in bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl TryFrom<u64> for FileSize {
    type Error = Invalid;

    fn try_from(bytes: u64) -> Result<Self, Invalid> {
        if (1..=Self::MAX_BYTES).contains(&bytes) {
            Ok(Self(bytes))
        } else {
            Err(Invalid::new(format!("must be 1 to {} bytes, not {bytes}", Self::MAX_BYTES)))
        }
    }
}

impl From<FileSize> for u64 {
    fn from(size: FileSize) -> Self {
        size.0
    }
}
