use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnConsumedCapacity, ReturnValue, ReturnValuesOnConditionCheckFailure,
};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

use super::Error;
use super::session_items::{SessionItem, session_key};
use super::table::{Key, Table, units};
use super::transaction::Transaction;
use crate::clock::Clock;
use crate::config::{ConfigError, FromEnv};
use crate::cost::Cost;
use crate::domain::{SessionId, Timestamp, User, UserAgent, UserId};
use crate::random::Random;

/// The lifetime of a family from its beginning, however often it is used.
pub const REFRESH_LIFETIME: Duration = Duration::from_hours(30 * 24);

/// The time in which a client that lost the answer can get the same successor again.
const RETRY_WINDOW: Duration = Duration::from_secs(10);

/// The refresh tokens of one sign-in. Each token has one successor, and only the latest token is valid.
///
/// A family is valid while its user exists with the same `auth_epoch`, which the caller must check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshFamily {
    /// The id of the family, which has the time of the sign-in.
    pub id: SessionId,
    /// The user who signed in.
    pub user_id: UserId,
    /// The user's `auth_epoch` at that time.
    pub epoch: u64,
    /// The number of the latest token; the first is 0.
    pub counter: u32,
}

impl RefreshFamily {
    /// Returns a family that begins now.
    pub(crate) fn first(id: SessionId, user: &User) -> Self {
        Self { id, user_id: user.id, epoch: user.auth_epoch, counter: 0 }
    }

    /// Returns the time of the sign-in. Rotation does not change it.
    #[must_use]
    pub fn signed_in_at(&self) -> Timestamp {
        self.id.created_at()
    }

    fn item(&self, user_agent: Option<UserAgent>) -> SessionItem {
        let Key { pk, sk } = session_key(self.user_id, self.id);
        let now = self.signed_in_at();
        SessionItem {
            pk,
            sk,
            epoch: self.epoch,
            user_agent,
            seen_at: now,
            expires_at: expiry(now),
            secret_hash: None,
            counter: Some(self.counter),
        }
    }
}

/// The families in the table.
#[derive(Clone, Debug)]
pub struct RefreshFamilies {
    table: Table,
    clock: Clock,
    random: Random,
}

impl FromEnv for RefreshFamilies {
    /// Connects to the table that the environment names.
    fn from_env() -> Result<Self, ConfigError> {
        Ok(Self::new(Table::from_env()?, Clock::system(), Random::system()))
    }
}

impl RefreshFamilies {
    /// Uses `table`.
    #[must_use]
    pub fn new(table: Table, clock: Clock, random: Random) -> Self {
        Self { table, clock, random }
    }

    /// Begins a family for a user who has just signed in. If the user has [`MAX_SESSIONS`](super::MAX_SESSIONS), the
    /// oldest ends.
    pub async fn begin(&self, user: &User, user_agent: Option<UserAgent>) -> Result<RefreshFamily, Error> {
        let family = RefreshFamily::first(self.new_id(), user);
        let at = (family.signed_in_at(), &self.random);
        self.table.begin_session(user.id, &family.item(user_agent), Vec::new(), at).await?;
        Ok(family)
    }

    /// Returns the id for a new family.
    #[must_use]
    pub fn new_id(&self) -> SessionId {
        SessionId::new(self.clock.now(), &self.random)
    }

    /// Replaces the token with number `counter` by the next one, and returns the family, or `None` if the family has
    /// ended.
    ///
    /// A repetition within ten seconds gets the same successor. An older token proves that two clients have it, one of
    /// which stole it, so the family ends (RFC 9700, section 4.14.2).
    pub async fn rotate(
        &self,
        user_id: UserId,
        id: SessionId,
        counter: u32,
    ) -> Result<Option<RefreshFamily>, Error> {
        let Some(next) = counter.checked_add(1) else { return Ok(None) };
        let now = self.clock.now();
        let outcome = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(session_key(user_id, id).into_item()))
            .update_expression("SET #counter = :next, seenAt = :now")
            .condition_expression("#counter = :counter AND expiresAt > :seconds")
            .expression_attribute_names("#counter", "counter")
            .expression_attribute_values(":counter", AttributeValue::N(counter.to_string()))
            .expression_attribute_values(":next", AttributeValue::N(next.to_string()))
            .expression_attribute_values(":now", AttributeValue::S(now.to_string()))
            .expression_attribute_values(":seconds", AttributeValue::N(now.as_seconds().to_string()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        let found = match outcome {
            Ok(output) => {
                Cost::add(0.0, units(output.consumed_capacity()));
                let item = output.attributes.ok_or_else(|| Error::Internal("no item was returned".into()))?;
                let SessionItem { epoch, .. } = from_item(item)?;
                return Ok(Some(RefreshFamily { id, user_id, epoch, counter: next }));
            }
            Err(error) => match error.as_service_error() {
                // A refused update costs as much as a successful one, but DynamoDB does not report the cost.
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => refused.item().cloned(),
                _ => return Err(error.into()),
            },
        };
        let found: Option<SessionItem> = found.map(from_item).transpose()?;
        // TTL removes expired items within days.
        let Some(item) = found.filter(|item| now.as_seconds() < item.expires_at) else { return Ok(None) };
        if item.counter == Some(next) && is_within(item.seen_at, now, RETRY_WINDOW) {
            return Ok(Some(RefreshFamily { id, user_id, epoch: item.epoch, counter: next }));
        }
        self.end(user_id, id).await?;
        Ok(None)
    }

    /// Ends a family if it exists.
    pub async fn end(&self, user_id: UserId, id: SessionId) -> Result<(), Error> {
        self.table.end_session(session_key(user_id, id), None).await
    }
}

impl Transaction {
    /// Begins a family for a user whom the same transaction adds.
    pub(super) fn begin_family(
        self,
        table: &Table,
        family: &RefreshFamily,
        user_agent: Option<UserAgent>,
    ) -> Result<Self, Error> {
        self.put(table, to_item(family.item(user_agent))?)
    }
}

/// Returns the time at which a family ends, in seconds since the Unix epoch.
pub(super) fn expiry(signed_in_at: Timestamp) -> i64 {
    signed_in_at.as_seconds() + i64::try_from(REFRESH_LIFETIME.as_secs()).unwrap_or(i64::MAX)
}

/// Tells whether `at` is at most `window` ago. Two instances' clocks may differ by a little.
fn is_within(at: Timestamp, now: Timestamp, window: Duration) -> bool {
    let age = now.as_millis().saturating_sub(at.as_millis());
    age <= i64::try_from(window.as_millis()).unwrap_or(i64::MAX)
}
