//! The last steps of an upload, which `upload` and `upload-completed` both take, even at once.
//!
//! | step | what if nothing follows |
//! |---|---|
//! | 1. the item, pending | TTL removes it |
//! | 2. the object at `incoming/` | S3's event of it goes on from here; after a day S3 removes it |
//! | 3. its copy at `files/` | so does the event, tried again; who finds no item removes it |
//! | 4. the item, ready, with its user's usage | so does the event |
//! | 5. the object at `incoming/` is gone | |

use crate::domain::{File, FileState, Sha256Digest};
use crate::objects::{self, Objects};
use crate::store::{self, Files, IdempotencyRecord};

/// Why a step was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The table did not.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// S3 did not.
    #[error(transparent)]
    Objects(#[from] objects::Error),
}

/// How an upload ended.
#[derive(Debug)]
pub enum Published {
    /// The file is ready, by this or by another's doing.
    Ready(File),
    /// There is no file any more, and no object.
    Gone,
    /// There was no room for it, and there is nothing left of it.
    OverQuota,
    /// Another content arrived meanwhile, of which S3 tells, too.
    Superseded,
}

/// Makes a pending file ready whose content at `incoming/` is checked: it has this entity tag and this digest.
/// Finishes the `record` that began it.
pub async fn publish(
    files: &Files,
    objects: &Objects,
    file: &File,
    etag: &str,
    sha256: Sha256Digest,
    record: Option<&IdempotencyRecord>,
) -> Result<Published, Error> {
    let published = match objects.accept(file.id, etag).await {
        Ok(()) => match files.complete(file, sha256, record).await {
            Ok(file) => Published::Ready(file),
            Err(store::Error::Stale) => what_became_of(files, objects, file).await?,
            Err(store::Error::QuotaExceeded) => match discard(files, objects, file).await? {
                Published::Gone => Published::OverQuota,
                published => published,
            },
            Err(error) => return Err(error.into()),
        },
        // Who was faster may have removed the upload already.
        Err(error) => match (what_became_of(files, objects, file).await?, error) {
            (Published::Superseded, objects::Error::Changed | objects::Error::Missing) => {
                Published::Superseded
            }
            (Published::Superseded, error) => return Err(error.into()),
            (published, _) => published,
        },
    };
    if let Published::Ready(_) = published {
        objects.remove_incoming(file.id).await?;
    }
    Ok(published)
}

/// Removes a pending file and all that was uploaded of it, unless another was faster.
///
/// The item first: what another made ready keeps its object. Should the objects stay, S3's event finds them without one.
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

/// What others made of the file meanwhile; [`Published::Superseded`] if it is pending still.
async fn what_became_of(files: &Files, objects: &Objects, file: &File) -> Result<Published, Error> {
    match files.get_latest(file.id).await? {
        Some(file) if file.state == FileState::Ready => Ok(Published::Ready(file)),
        Some(file) if file.state == FileState::Pending => Ok(Published::Superseded),
        // It is being removed, or it is gone: so must be what was just copied.
        _ => {
            objects.remove(file.id).await?;
            Ok(Published::Gone)
        }
    }
}
