//! The items of a user's sessions: those of browsers and those of clients with tokens, which are families of refresh
//! tokens. All of a user are in one partition, so that no index is needed to list them.

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

use super::Error;
use super::list::{List, Source};
use super::table::{Consistency, Key, Table, parse, units};
use super::transaction::Transaction;
use crate::cost::Cost;
use crate::domain::{Order, SessionId, Timestamp, UserAgent, UserId};
use crate::random::Random;

/// The largest number of sessions of a user. One more ends the oldest.
pub const MAX_SESSIONS: usize = 20;

const PREFIX: &str = "SESSION#";

/// Returns the key of a session.
pub(super) fn session_key(user: UserId, id: SessionId) -> Key {
    Key::new(partition(user), &format!("{PREFIX}{id}"))
}

fn partition(user: UserId) -> String {
    format!("SESSIONS#{user}")
}

/// The stored attributes of a session of either kind. Its id has the time of the sign-in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionItem {
    pub(super) pk: String,
    pub(super) sk: String,
    /// The user's epoch at the sign-in.
    pub(super) epoch: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_agent: Option<UserAgent>,
    /// The time of the last use: to the hour of a browser's session, of the last rotation of tokens.
    pub(super) seen_at: Timestamp,
    /// The time of expiry in seconds, for the table's TTL.
    pub(super) expires_at: i64,
    /// The SHA-256 of the secret in the cookie, of a browser's session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret_hash: Option<String>,
    /// The number of the latest token, of a family.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) counter: Option<u32>,
}

impl SessionItem {
    pub(super) fn id(&self) -> Result<SessionId, Error> {
        parse(self.sk.strip_prefix(PREFIX).unwrap_or_default())
    }

    fn key(&self) -> Key {
        Key::new(self.pk.clone(), &self.sk)
    }

    fn is_valid(&self, epoch: u64, now: Timestamp) -> bool {
        self.epoch == epoch && now.as_seconds() < self.expires_at
    }
}

impl Table {
    /// Returns the valid sessions of a user who has this epoch now, the oldest first.
    pub(super) async fn valid_sessions(
        &self,
        user: UserId,
        epoch: u64,
        now: Timestamp,
    ) -> Result<Vec<SessionItem>, Error> {
        let items = self.session_items(user, Consistency::Strong).await?;
        Ok(items.into_iter().filter(|item| item.is_valid(epoch, now)).collect())
    }

    /// Writes a new session in place of the `old` one, if there is one: both or neither. If the user has
    /// [`MAX_SESSIONS`], the oldest ends as well, but first those that are over.
    ///
    /// Of sign-ins at the same moment each may miss the others' sessions. The next one makes up for it.
    pub(super) async fn begin_session(
        &self,
        user: UserId,
        item: &SessionItem,
        old: Vec<Key>,
        (now, random): (Timestamp, &Random),
    ) -> Result<(), Error> {
        let mut others = self.session_items(user, Consistency::Eventual).await?;
        others.retain(|other| !old.contains(&other.key()));
        let excess = (others.len() + 1).saturating_sub(MAX_SESSIONS);
        // The sort is stable: within each half the oldest comes first.
        others.sort_by_key(|other| other.is_valid(item.epoch, now));
        let ended: Vec<Key> = others.iter().take(excess).map(SessionItem::key).chain(old).collect();
        if !ended.is_empty() {
            let begun = Transaction::default().put(self, to_item(item)?)?;
            let transaction = ended.into_iter().try_fold(begun, |all, key| all.release(self, key))?;
            return transaction.commit(self, random).await;
        }
        self.put(item).await
    }

    /// Removes a session, only the one with this hash if there is one. It need not exist.
    pub(super) async fn end_session(&self, key: Key, secret_hash: Option<String>) -> Result<(), Error> {
        let mut delete = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(key.into_item()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        if let Some(hash) = secret_hash {
            delete = delete
                .condition_expression("secretHash = :hash")
                .expression_attribute_values(":hash", AttributeValue::S(hash));
        }
        match delete.send().await {
            Ok(output) => {
                Cost::add(0.0, units(output.consumed_capacity()));
                Ok(())
            }
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(error.into()),
            },
        }
    }

    async fn session_items(&self, user: UserId, consistency: Consistency) -> Result<Vec<SessionItem>, Error> {
        let source = Source::Table { prefix: PREFIX, consistency };
        let list = List { source, partition: partition(user), order: Order::Asc };
        // More than the limit can exist for a moment.
        let items = self.read_on(&list, None, 2 * MAX_SESSIONS).await?;
        items.into_iter().map(|item| Ok(from_item(item)?)).collect()
    }
}
