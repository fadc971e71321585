//! Files that users upload: what is kept of one, and what it must be like.

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

/// The largest file that comes in a request's body. With the rest of the body and as base64 it stays below the 6 MB
/// that Lambda takes.
pub const MAX_UPLOAD_BYTES: usize = 4 * 1024 * 1024;

/// How many files one user may have.
pub const MAX_FILES_PER_USER: u64 = 1000;

/// How many bytes the files of one user may have together.
pub const MAX_BYTES_PER_USER: u64 = 1024 * 1024 * 1024;

/// What is kept of a file; its content is an object in S3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Names the file for good, in S3 too.
    pub id: FileId,
    /// Whose it is.
    pub user_id: UserId,
    /// What it should be, before it is ready, and is, afterwards.
    pub attributes: FileAttributes,
    /// Whether its content is there.
    pub state: FileState,
    /// Its version.
    pub revision: Revision,
}

/// What a request can say of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileAttributes {
    /// As its user calls it.
    pub name: FileName,
    /// What it holds.
    pub kind: FileType,
    /// Bytes.
    pub size: FileSize,
    /// The content's SHA-256: of a pending file, if it was announced.
    pub sha256: Option<Sha256Digest>,
}

/// Where a file is between its upload and its removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileState {
    /// Its content is not there, or not checked.
    Pending,
    /// Its content is there and is what the record says.
    Ready,
    /// Nobody sees it any more, and its content may still be there.
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

    /// In bytes.
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
