use std::time::Duration;

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use serde::{Deserialize, Serialize};

use super::idempotency::First;
use super::table::{Consistency, Key, Table};
use super::transaction::{Transaction, number};
use super::{Error, IdempotencyRecord, Made};
use crate::clock::Clock;
use crate::config::ConfigError;
use crate::domain::{
    File, FileAttributes, FileId, FileName, FileSize, FileState, FileType, MAX_BYTES_PER_USER,
    MAX_FILES_PER_USER, Revision, Sha256Digest, UserId,
};
use crate::random::Random;

/// The time for which a file may stay pending: longer than S3 retries an event (6 hours for an asynchronous invocation,
/// AWS Lambda developer guide), and no longer than S3 keeps an object at `incoming/` (template.yaml).
const PENDING_LIFETIME: Duration = Duration::from_hours(24);

/// The files. Each is an item of its own. A usage item for each user counts the files that are ready.
#[derive(Clone, Debug)]
pub struct Files {
    table: Table,
    clock: Clock,
    random: Random,
}

impl Files {
    /// Connects to the table that the environment names.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self::new(Table::from_env()?, Clock::system(), Random::system()))
    }

    /// Uses `table`.
    #[must_use]
    pub fn new(table: Table, clock: Clock, random: Random) -> Self {
        Self { table, clock, random }
    }

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
        transaction.create(&self.table, &FileItem::of(file), Error::Stale)
    }

    /// Returns the file with eventual consistency, at half the price of [`get_latest`](Self::get_latest).
    pub async fn get(&self, id: FileId) -> Result<Option<File>, Error> {
        self.read(id, Consistency::Eventual).await
    }

    /// Returns the file with every acknowledged change, as a basis for the next one.
    pub async fn get_latest(&self, id: FileId) -> Result<Option<File>, Error> {
        self.read(id, Consistency::Strong).await
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
            .replace(&self.table, &FileItem::of(&ready), file.revision.version)?
            .take_room(&self.table, &ready)?
            .finish(&self.table, record)?
            .commit(&self.table, &self.random)
            .await?;
        Ok(ready)
    }

    /// Removes a file whose content is gone, unless it changed since it was read.
    pub async fn remove(&self, file: &File) -> Result<(), Error> {
        Transaction::default()
            .delete(&self.table, file_key(file.id), file.revision.version)?
            .commit(&self.table, &self.random)
            .await
    }

    /// Begins the removal of a file, unless it changed since it was read. The file is hidden and no longer counts. Its
    /// content is removed next, and then [the file itself](Self::remove).
    pub async fn begin_removal(&self, file: &File) -> Result<File, Error> {
        let deleting = self.next(file, FileState::Deleting);
        let mut transaction =
            Transaction::default().replace(&self.table, &FileItem::of(&deleting), file.revision.version)?;
        if file.state == FileState::Ready {
            transaction = transaction.return_room(&self.table, file)?;
        }
        transaction.commit(&self.table, &self.random).await?;
        Ok(deleting)
    }

    fn next(&self, file: &File, state: FileState) -> File {
        File { state, revision: file.revision.next(self.clock.now()), ..file.clone() }
    }

    async fn read(&self, id: FileId, consistency: Consistency) -> Result<Option<File>, Error> {
        let item: Option<FileItem> = self.table.get(file_key(id), consistency).await?;
        let now = self.clock.now().as_seconds();
        let item = item.filter(|item| item.expires_at.is_none_or(|at| now < at));
        item.map(File::try_from).transpose()
    }
}

impl Transaction {
    /// Adds the file to its user's usage, or ends in [`Error::QuotaExceeded`].
    fn take_room(self, table: &Table, file: &File) -> Result<Self, Error> {
        let size = file.attributes.size.bytes();
        let update = Update::builder()
            .table_name(&table.name)
            .set_key(Some(usage_key(file.user_id).into_item()))
            .update_expression("ADD fileCount :one, byteCount :size")
            .condition_expression(
                "(attribute_not_exists(fileCount) OR fileCount < :files) \
                 AND (attribute_not_exists(byteCount) OR byteCount <= :room)",
            )
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":size", number(size))
            .expression_attribute_values(":files", number(MAX_FILES_PER_USER))
            .expression_attribute_values(":room", number(MAX_BYTES_PER_USER - size));
        let write = TransactWriteItem::builder().update(update.build()?).build();
        Ok(self.and(write, Some(Error::QuotaExceeded)))
    }

    /// Subtracts the file from its user's usage.
    fn return_room(self, table: &Table, file: &File) -> Result<Self, Error> {
        let update = Update::builder()
            .table_name(&table.name)
            .set_key(Some(usage_key(file.user_id).into_item()))
            .update_expression("ADD fileCount :one, byteCount :size")
            .expression_attribute_values(":one", number(-1))
            .expression_attribute_values(":size", number(-i128::from(file.attributes.size.bytes())));
        Ok(self.and(TransactWriteItem::builder().update(update.build()?).build(), None))
    }
}

fn file_key(id: FileId) -> Key {
    Key::new(format!("FILE#{id}"), "FILE")
}

pub(super) fn usage_key(user: UserId) -> Key {
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

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FileItem {
    pk: String,
    sk: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    gsi1pk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gsi1sk: Option<String>,
    user_id: UserId,
    file_name: FileName,
    content_type: FileType,
    size: FileSize,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<Sha256Digest>,
    state: FileState,
    #[serde(flatten)]
    revision: Revision,
    /// The time at which TTL removes a pending file.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
}

impl FileItem {
    pub(super) fn of(file: &File) -> Self {
        let Key { pk, sk } = file_key(file.id);
        let is_ready = file.state == FileState::Ready;
        let lifetime = i64::try_from(PENDING_LIFETIME.as_secs()).unwrap_or(i64::MAX);
        Self {
            pk,
            sk,
            gsi1pk: is_ready.then(|| format!("FILES#{}", file.user_id)),
            gsi1sk: is_ready.then(|| file.id.to_string()),
            user_id: file.user_id,
            file_name: file.attributes.name.clone(),
            content_type: file.attributes.kind,
            size: file.attributes.size,
            sha256: file.attributes.sha256,
            state: file.state,
            revision: file.revision,
            expires_at: (file.state == FileState::Pending)
                .then(|| file.revision.created_at.as_seconds() + lifetime),
        }
    }
}

impl TryFrom<FileItem> for File {
    type Error = Error;

    fn try_from(item: FileItem) -> Result<Self, Error> {
        let id = item.pk.strip_prefix("FILE#").unwrap_or_default().parse();
        Ok(Self {
            id: id.map_err(|error| Error::Internal(Box::new(error)))?,
            user_id: item.user_id,
            attributes: FileAttributes {
                name: item.file_name,
                kind: item.content_type,
                size: item.size,
                sha256: item.sha256,
            },
            state: item.state,
            revision: item.revision,
        })
    }
}
