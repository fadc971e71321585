//! The last steps of an upload and of a removal.
//!
//! Both `upload` and `upload-completed` take the steps of an upload, possibly at the same time. If any step
//! is interrupted, S3's event resumes the upload:
//!
//! | step | if the next step does not happen |
//! |---|---|
//! | 1. the item, pending | TTL removes the item |
//! | 2. the object at `incoming/`, which S3 removes after a day | S3's event resumes here |
//! | 3. its copy at `files/` | S3's event, retried, resumes here; if the item is gone, it removes the copy |
//! | 4. the item, ready, with its user's usage | |

use crate::domain::{File, FileState, Sha256Digest};
use crate::objects::{self, Objects};
use crate::store::{self, Files, IdempotencyRecord};

/// The reason why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A call of the table failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A call of S3 failed.
    #[error(transparent)]
    Objects(#[from] objects::Error),
}

/// The outcome of an upload.
#[derive(Debug)]
pub enum Published {
    /// The file is ready, through this or another request.
    Ready(File),
    /// The file no longer exists, and neither does its content.
    Gone,
    /// The user has no room for the file, and everything of it was removed.
    OverQuota,
    /// The upload is no longer the one that was checked. If it was replaced, S3 sends an event for that, too.
    Superseded,
}

/// Makes a pending file ready. Its content at `incoming/` has been checked, and has this entity tag and this digest.
/// Finishes the `record` that began it.
pub async fn publish(
    files: &Files,
    objects: &Objects,
    file: &File,
    etag: &str,
    sha256: Sha256Digest,
    record: Option<&IdempotencyRecord>,
) -> Result<Published, Error> {
    match objects.accept(file, etag, sha256).await {
        Ok(()) => match files.complete(file, sha256, record).await {
            Ok(file) => Ok(Published::Ready(file)),
            Err(store::Error::Stale) => what_became_of(files, objects, file).await,
            Err(store::Error::QuotaExceeded) => Ok(match discard(files, objects, file).await? {
                Published::Gone => Published::OverQuota,
                published => published,
            }),
            Err(error) => Err(error.into()),
        },
        // A faster request may have finished the file.
        Err(error) => match (what_became_of(files, objects, file).await?, error) {
            (Published::Superseded, objects::Error::Changed | objects::Error::Missing) => {
                Ok(Published::Superseded)
            }
            (Published::Superseded, error) => Err(error.into()),
            (published, _) => Ok(published),
        },
    }
}

/// Removes a pending file and its content, unless another request has finished it.
///
/// The item is removed first, so that a file which another request made ready keeps its content. If the content remains,
/// S3's event finds no item for it and removes it.
pub async fn discard(files: &Files, objects: &Objects, file: &File) -> Result<Published, Error> {
    match files.remove(file).await {
        Ok(()) => {
            objects.remove(file.id).await?;
            Ok(Published::Gone)
        }
        Err(store::Error::Stale) => what_became_of(files, objects, file).await,
        Err(error) => Err(error.into()),
    }
}

/// Finishes the removal of a file that is being deleted: its objects first, then its item. Every step can be repeated.
pub async fn finish_removal(files: &Files, objects: &Objects, file: &File) -> Result<(), Error> {
    objects.remove(file.id).await?;
    match files.remove(file).await {
        // Another request removed it at the same time.
        Ok(()) | Err(store::Error::Stale) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Returns the state that other requests gave the file, or [`Published::Superseded`] if it is still pending.
async fn what_became_of(files: &Files, objects: &Objects, file: &File) -> Result<Published, Error> {
    match files.get_latest(file.id).await? {
        Some(file) if file.state == FileState::Ready => Ok(Published::Ready(file)),
        Some(file) if file.state == FileState::Pending => Ok(Published::Superseded),
        // The file is being removed or is gone, so the copy must be removed, too.
        _ => {
            objects.remove(file.id).await?;
            Ok(Published::Gone)
        }
    }
}
