use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::from_item;

use super::entities::Entities;
use super::entity::{Description, Entity, Term};
use super::idempotency::First;
use super::list::{List, Source};
use super::table::{Consistency, Item, Key};
use super::transaction::Transaction;
use super::{Error, IdempotencyRecord, Made};
use crate::domain::{
    File, FileAttributes, FileId, FileName, FileSize, FileState, FileType, MAX_BYTES_PER_USER,
    MAX_FILES_PER_USER, Order, Revision, Sha256Digest, UserId,
};

/// The time for which a file may stay pending: longer than S3 retries an event (6 hours for an asynchronous invocation,
/// AWS Lambda developer guide), and no longer than S3 keeps an object at `incoming/` (template.yaml).
const PENDING_LIFETIME: Duration = Duration::from_hours(24);

/// The partition of gsi1 that has the files whose removal has begun.
const DELETING: &str = "DELETING";

/// The files. Each is an item of its own. A usage item for each user counts the files that are ready.
pub type Files = Entities<File, FileId>;

impl Files {
    /// Adds a pending file, which TTL removes again, once if there is a `record`; or ends in [`Error::QuotaExceeded`].
    ///
    /// The check for room saves an upload in vain. [`complete`](Self::complete) makes the final decision.
    pub async fn announce(
        &self,
        user_id: UserId,
        attributes: FileAttributes,
        record: Option<&IdempotencyRecord>,
    ) -> Result<Made<File>, Error> {
        self.check_room(user_id, attributes.size, record).await?;
        let file = self.new_file(user_id, attributes);
        let transaction = Transaction::once(&self.table, record, file.id, file.revision.created_at)?;
        let first = self.pending(transaction, &file)?.commit_once(&self.table, &self.random, record).await?;
        Ok(match first {
            None => Made::New(file),
            Some(First { id, at, .. }) => Made::Replayed(File { id, revision: Revision::first(at), ..file }),
        })
    }

    /// Does the same for a file whose content has arrived. A request that was begun with the same `record` and not
    /// completed continues with the same file.
    pub async fn begin(
        &self,
        user_id: UserId,
        attributes: FileAttributes,
        record: Option<&IdempotencyRecord>,
    ) -> Result<Made<File>, Error> {
        self.check_room(user_id, attributes.size, record).await?;
        let file = self.new_file(user_id, attributes);
        let transaction = Transaction::start(&self.table, record, file.id, file.revision.created_at)?;
        let first = self.pending(transaction, &file)?.commit_once(&self.table, &self.random, record).await?;
        let Some(First { id, at, is_started }) = first else { return Ok(Made::New(file)) };
        let file = File { id, revision: Revision::first(at), ..file };
        match self.get_latest(id).await? {
            Some(found) if found.state == FileState::Pending => Ok(Made::New(found)),
            Some(found) if found.state == FileState::Ready => Ok(Made::Replayed(found)),
            // The earlier attempt failed and left nothing.
            None if is_started => {
                self.pending(Transaction::default(), &file)?.commit(&self.table, &self.random).await?;
                Ok(Made::New(file))
            }
            // The file existed and was removed since.
            _ => Ok(Made::Replayed(file)),
        }
    }

    /// Checks that the file fits into the quota. A repetition is not checked, because its file is already counted.
    async fn check_room(
        &self,
        user_id: UserId,
        size: FileSize,
        record: Option<&IdempotencyRecord>,
    ) -> Result<(), Error> {
        let usage: Option<Usage> = self.table.get(usage_key(user_id), Consistency::Eventual).await?;
        if usage.unwrap_or_default().has_room_for(size) {
            return Ok(());
        }
        match record {
            Some(record) if self.table.knows(record, self.clock.now()).await? => Ok(()),
            _ => Err(Error::QuotaExceeded),
        }
    }

    fn new_file(&self, user_id: UserId, attributes: FileAttributes) -> File {
        let now = self.clock.now();
        let id = FileId::new(now, &self.random);
        File { id, user_id, attributes, state: FileState::Pending, revision: Revision::first(now) }
    }

    fn pending(&self, transaction: Transaction, file: &File) -> Result<Transaction, Error> {
        transaction.change(&self.table, None, Some(&file.describe()?))
    }

    /// Makes a pending file ready and adds it to its user's usage, unless the file changed since it was read.
    ///
    /// Ends in [`Error::QuotaExceeded`] if the file does not fit into the quota. Finishes the `record` that began it.
    pub async fn complete(
        &self,
        file: &File,
        sha256: Sha256Digest,
        record: Option<&IdempotencyRecord>,
    ) -> Result<File, Error> {
        let attributes = FileAttributes { sha256: Some(sha256), ..file.attributes.clone() };
        let ready = File { attributes, ..self.next(file, FileState::Ready) };
        Transaction::default()
            .change(&self.table, Some(&file.describe()?), Some(&ready.describe()?))?
            .finish(&self.table, record)?
            .commit(&self.table, &self.random)
            .await?;
        Ok(ready)
    }

    /// Removes a file whose content is gone, unless it changed since it was read.
    pub async fn remove(&self, file: &File) -> Result<(), Error> {
        self.change(Some(&file.describe()?), None).await
    }

    /// Begins the removal of a file, unless it changed since it was read. The file is hidden and no longer counts. Its
    /// content is removed next, and then [the file itself](Self::remove).
    pub async fn begin_removal(&self, file: &File) -> Result<File, Error> {
        let deleting = self.next(file, FileState::Deleting);
        self.change(Some(&file.describe()?), Some(&deleting.describe()?)).await?;
        Ok(deleting)
    }

    /// Returns the ids of up to `limit` files whose removal has begun, the oldest files first.
    pub async fn being_removed(&self, limit: usize) -> Result<Vec<FileId>, Error> {
        let key = |id: &str| Some(File::key(&id.parse().ok()?));
        let source = Source::Index { name: "gsi1", key: Box::new(key) };
        let list = List { source, partition: DELETING.to_owned(), order: Order::Asc };
        let items = self.table.read_on(&list, None, limit).await?;
        items.iter().map(File::id).collect()
    }

    fn next(&self, file: &File, state: FileState) -> File {
        File { state, revision: file.revision.next(self.clock.now()), ..file.clone() }
    }
}

impl Entity for File {
    type Id = FileId;
    const KIND: &str = "FILE";
    const COUNTERS: &[&str] = &[];

    fn read(item: Item) -> Result<Self, Error> {
        let id = Self::id(&item)?;
        let FileItem { user_id, file_name, content_type, size, sha256, state, revision } = from_item(item)?;
        let attributes = FileAttributes { name: file_name, kind: content_type, size, sha256 };
        Ok(Self { id, user_id, attributes, state, revision })
    }

    fn describe(&self) -> Result<Description, Error> {
        let (user_id, state, revision) = (self.user_id, self.state, self.revision);
        let FileAttributes { name, kind, size, sha256 } = self.attributes.clone();
        let item = FileItem { user_id, file_name: name, content_type: kind, size, sha256, state, revision };
        let mut description = Description::of(Self::key(&self.id), &item)?;
        if let Some(at) = self.expires_at() {
            description = description.computed("expiresAt", &at)?;
        }
        if state == FileState::Ready {
            let usage = vec![
                Term { attribute: "fileCount", by: 1, quota: Some(MAX_FILES_PER_USER) },
                Term { attribute: "byteCount", by: size.bytes(), quota: Some(MAX_BYTES_PER_USER) },
            ];
            description = description
                .indexed("gsi1", &format!("FILES#{user_id}"), &self.id.to_string())
                .counted(usage_key(user_id), usage);
        }
        if state == FileState::Deleting {
            description = description.indexed("gsi1", DELETING, &self.id.to_string());
        }
        Ok(description)
    }

    /// A pending file expires after a day.
    fn expires_at(&self) -> Option<i64> {
        let lifetime = i64::try_from(PENDING_LIFETIME.as_secs()).unwrap_or(i64::MAX);
        (self.state == FileState::Pending).then(|| self.revision.created_at.as_seconds() + lifetime)
    }
}

fn usage_key(user: UserId) -> Key {
    Key::new(format!("USAGE#{user}"), "USAGE")
}

/// The usage of a user: the number and the size of the files.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Usage {
    pub(super) file_count: u64,
    pub(super) byte_count: u64,
}

impl Usage {
    fn has_room_for(&self, size: FileSize) -> bool {
        self.file_count < MAX_FILES_PER_USER && self.byte_count + size.bytes() <= MAX_BYTES_PER_USER
    }
}

/// The stored attributes of a file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FileItem {
    user_id: UserId,
    file_name: FileName,
    content_type: FileType,
    size: FileSize,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<Sha256Digest>,
    state: FileState,
    #[serde(flatten)]
    revision: Revision,
}
