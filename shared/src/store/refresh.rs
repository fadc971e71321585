use std::fmt;
use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnConsumedCapacity, ReturnValue, ReturnValuesOnConditionCheckFailure,
};
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

use super::Error;
use super::table::{Item, Key, Table, units};
use super::transaction::Transaction;
use crate::clock::Clock;
use crate::config::{ConfigError, FromEnv};
use crate::cost::Cost;
use crate::domain::{Timestamp, User, UserId};
use crate::random::Random;

/// The lifetime of a family from its beginning, however often it is used.
pub const REFRESH_LIFETIME: Duration = Duration::from_hours(30 * 24);

#[expect(clippy::cast_possible_wrap, reason = "30 days are few seconds")]
const LIFETIME_SECONDS: i64 = REFRESH_LIFETIME.as_secs() as i64;

/// The time in which a client that lost the answer can get the same successor again.
const RETRY_WINDOW: Duration = Duration::from_secs(10);

/// The refresh tokens of one sign-in. Each token has one successor, and only the latest token is valid.
///
/// A family is valid while its user exists with the same `auth_epoch`, which the caller must check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshFamily {
    /// The id of the family.
    pub id: FamilyId,
    /// The user who signed in.
    pub user_id: UserId,
    /// The user's `auth_epoch` at that time.
    pub epoch: u64,
    /// The number of the latest token; the first is 0.
    pub counter: u32,
    /// The time of the sign-in, to the second.
    pub signed_in_at: Timestamp,
}

/// The id of a family: 16 random bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FamilyId(pub [u8; 16]);

impl RefreshFamily {
    /// Returns a family that begins now.
    pub(crate) fn first(id: FamilyId, user: &User, now: Timestamp) -> Self {
        Self { id, user_id: user.id, epoch: user.auth_epoch, counter: 0, signed_in_at: now }
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

    /// Begins a family for a user who has just signed in.
    pub async fn begin(&self, user: &User) -> Result<RefreshFamily, Error> {
        let family = RefreshFamily::first(self.new_id(), user, self.clock.now());
        let item = FamilyItem::of(&family);
        let output = self
            .table
            .client
            .put_item()
            .table_name(&self.table.name)
            .set_item(Some(to_item(item)?))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await?;
        Cost::add(0.0, units(output.consumed_capacity()));
        Ok(family)
    }

    /// Returns the id for a new family.
    #[must_use]
    pub fn new_id(&self) -> FamilyId {
        FamilyId(self.random.bytes())
    }

    /// Replaces the token with number `counter` by the next one, and returns the family, or `None` if the family has
    /// ended.
    ///
    /// A repetition within ten seconds gets the same successor. An older token proves that two clients have it, one of
    /// which stole it, so the family ends (RFC 9700, section 4.14.2).
    pub async fn rotate(&self, id: FamilyId, counter: u32) -> Result<Option<RefreshFamily>, Error> {
        let Some(next) = counter.checked_add(1) else { return Ok(None) };
        let now = self.clock.now();
        let outcome = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(family_key(id).into_item()))
            .update_expression("SET #counter = :next, rotatedAt = :now")
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
                return FamilyItem::read(item).map(|item| Some(item.into_family(id)));
            }
            Err(error) => match error.as_service_error() {
                // A refused update costs as much as a successful one, but DynamoDB does not report the cost.
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => refused.item().cloned(),
                _ => return Err(error.into()),
            },
        };
        let Some(item) = found.map(FamilyItem::read).transpose()? else { return Ok(None) };
        // TTL removes expired items within days.
        if item.expires_at <= now.as_seconds() {
            return Ok(None);
        }
        if item.counter == next && is_within(item.rotated_at, now, RETRY_WINDOW) {
            return Ok(Some(item.into_family(id)));
        }
        self.end(id).await?;
        Ok(None)
    }

    /// Ends a family if it exists.
    pub async fn end(&self, id: FamilyId) -> Result<(), Error> {
        let output = self
            .table
            .client
            .delete_item()
            .table_name(&self.table.name)
            .set_key(Some(family_key(id).into_item()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await?;
        Cost::add(0.0, units(output.consumed_capacity()));
        Ok(())
    }
}

impl Transaction {
    /// Begins a family for a user whom the same transaction adds.
    pub(super) fn begin_family(self, table: &Table, family: &RefreshFamily) -> Result<Self, Error> {
        self.put(table, to_item(FamilyItem::of(family))?)
    }
}

/// Tells whether `at` is at most `window` ago. Two instances' clocks may differ by a little.
fn is_within(at: Timestamp, now: Timestamp, window: Duration) -> bool {
    let age = now.as_millis().saturating_sub(at.as_millis());
    age <= i64::try_from(window.as_millis()).unwrap_or(i64::MAX)
}

fn family_key(id: FamilyId) -> Key {
    Key::new(format!("REFRESH#{:032x}", u128::from_be_bytes(id.0)), "REFRESH")
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FamilyItem {
    pk: String,
    sk: String,
    user_id: UserId,
    epoch: u64,
    counter: u32,
    rotated_at: Timestamp,
    /// The time of expiry in seconds since the Unix epoch, for DynamoDB's TTL.
    expires_at: i64,
}

impl FamilyItem {
    fn of(family: &RefreshFamily) -> Self {
        let Key { pk, sk } = family_key(family.id);
        Self {
            pk,
            sk,
            user_id: family.user_id,
            epoch: family.epoch,
            counter: family.counter,
            rotated_at: family.signed_in_at,
            expires_at: family.signed_in_at.as_seconds() + LIFETIME_SECONDS,
        }
    }

    fn read(item: Item) -> Result<Self, Error> {
        Ok(from_item(item)?)
    }

    fn into_family(self, id: FamilyId) -> RefreshFamily {
        let Self { user_id, epoch, counter, expires_at, .. } = self;
        let signed_in_at = Timestamp::from_millis((expires_at - LIFETIME_SECONDS).saturating_mul(1000));
        RefreshFamily { id, user_id, epoch, counter, signed_in_at }
    }
}

/// The id is half of a token, so it is kept out of logs.
impl fmt::Debug for FamilyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FamilyId(redacted)")
    }
}
