//! The objects of the bucket, and the files that they belong to.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use shared::domain::{File, FileId, FileState, Timestamp, UserId};
use shared::objects::{Folder, Stored};
use shared::store::Error as StoreError;
use shared::uploads::{Error, finish_removal};

use crate::deps::Deps;
use crate::report::Report;

/// The age from which an object counts: a pending file expires after a day.
const OBJECT_AGE: Duration = Duration::from_hours(24);

/// The number of objects that are listed at a time.
const PAGE: usize = 500;

/// The maximum number of objects that a run looks at.
const MAX_OBJECTS: usize = 10_000;

/// The number of removed files and objects after which a run ends: an error in this function, or a table that was
/// restored without its newest items, does little harm before somebody reads the log.
const MAX_REMOVED: usize = 500;

/// The number of files that are read at a time.
const READS: usize = 8;

/// Looks at the objects after the stored position, and stores the new position after each page.
pub(crate) async fn sweep(deps: &Deps, now: Timestamp, report: &mut Report) -> Result<(), Error> {
    let mut users = HashMap::new();
    let mut after = deps.sweeps.position().await?;
    while report.objects < MAX_OBJECTS && report.removed() < MAX_REMOVED {
        let page = deps.objects.list(&after, PAGE).await?;
        report.objects += page.len();
        let is_old = |object: &&Stored| is_older(object.modified, OBJECT_AGE, now);
        let old: Vec<&Stored> = page.iter().filter(is_old).collect();
        let places: Vec<(Folder, FileId)> = old.iter().filter_map(|object| object.place).collect();
        report.foreign += old.len() - places.len();
        let reads = places
            .into_iter()
            .map(|(folder, id)| async move { Ok::<_, Error>((folder, id, find(deps, id).await?)) });
        let found: Vec<(Folder, FileId, Option<File>)> =
            stream::iter(reads).buffered(READS).try_collect().await?;
        for (folder, id, file) in found {
            settle(deps, &mut users, folder, id, file, report).await?;
        }
        report.is_complete = page.len() < PAGE;
        after = page.last().filter(|_| !report.is_complete).map_or_else(String::new, |last| last.key.clone());
        deps.sweeps.keep(&after).await?;
        if report.is_complete {
            break;
        }
    }
    Ok(())
}

/// Returns an object's file. One that is not ready is read consistently, because something may be done to it.
async fn find(deps: &Deps, id: FileId) -> Result<Option<File>, StoreError> {
    match deps.files.get(id).await? {
        Some(file) if file.state == FileState::Ready => Ok(Some(file)),
        _ => deps.files.get_latest(id).await,
    }
}

/// Removes an object, or its file, if nothing needs it.
async fn settle(
    deps: &Deps,
    users: &mut HashMap<UserId, bool>,
    folder: Folder,
    id: FileId,
    file: Option<File>,
    report: &mut Report,
) -> Result<(), Error> {
    match (file, folder) {
        (None, Folder::Files) => {
            deps.objects.remove(id).await?;
            report.orphans += 1;
        }
        (None, Folder::Incoming) => {
            deps.objects.remove_incoming(id).await?;
            report.orphans += 1;
        }
        (Some(file), Folder::Incoming) if file.state == FileState::Ready => {
            deps.objects.remove_incoming(id).await?;
            report.leftovers += 1;
        }
        (Some(file), Folder::Files) if file.state == FileState::Ready => {
            if !has_user(deps, users, file.user_id).await? {
                remove(deps, &file).await?;
                report.of_removed_users += 1;
            }
        }
        // An upload or a removal is under way.
        (Some(_), _) => {}
    }
    Ok(())
}

/// Removes a file as its owner would. If another request changed it, that one decides.
async fn remove(deps: &Deps, file: &File) -> Result<(), Error> {
    match deps.files.begin_removal(file).await {
        Ok(file) => finish_removal(&deps.files, &deps.objects, &file).await,
        Err(StoreError::Stale) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn has_user(deps: &Deps, users: &mut HashMap<UserId, bool>, id: UserId) -> Result<bool, StoreError> {
    if let Some(known) = users.get(&id) {
        return Ok(*known);
    }
    let is_there = deps.users.get(id).await?.is_some() || deps.users.get_latest(id).await?.is_some();
    users.insert(id, is_there);
    Ok(is_there)
}

/// Reports whether a time is further back than `age`.
pub(crate) fn is_older(time: Timestamp, age: Duration, now: Timestamp) -> bool {
    let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
    now.as_millis().saturating_sub(time.as_millis()) > age
}
