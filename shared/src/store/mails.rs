//! Mails: an item each, which is written in the transaction of its cause and sent by the function `mail`.
//!
//! The item has no link. `mail` makes the secret of a link when it sends the mail, and adds the SHA-256 to the item. So
//! neither the table nor its stream ever holds what a link needs, and no other function can make one.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity, TransactWriteItem, Update};
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::to_item;

use super::Error;
use super::table::{Consistency, Key, Table, units};
use super::transaction::{Transaction, number};
use crate::clock::Clock;
use crate::config::{ConfigError, FromEnv, optional};
use crate::cost::Cost;
use crate::domain::{Email, LinkToken, MailId, MailKind, Timestamp, User, UserId};
use crate::random::Random;

/// Whether the deployment sends mail: `MAIL_FROM`, from the parameter `MailFrom` of template.yaml, is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outbox {
    is_open: bool,
}

impl FromEnv for Outbox {
    fn from_env() -> Result<Self, ConfigError> {
        Ok(Self { is_open: optional("MAIL_FROM").is_some() })
    }
}

impl Outbox {
    /// A deployment that sends mail.
    pub const OPEN: Self = Self { is_open: true };
    /// A deployment that sends none.
    pub const CLOSED: Self = Self { is_open: false };

    /// Tells whether mail is sent.
    #[must_use]
    pub fn is_open(self) -> bool {
        self.is_open
    }
}

/// The mails.
#[derive(Clone, Debug)]
pub struct Mails {
    table: Table,
    clock: Clock,
    random: Random,
}

/// A mail that waits to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Its id.
    pub id: MailId,
    /// Its purpose.
    pub kind: MailKind,
    /// The address.
    pub to: Email,
    /// The user, if a user's own change is the cause.
    pub user_id: Option<UserId>,
}

/// A link that has been sent, and has not expired.
#[derive(Clone, Debug)]
pub struct Link {
    token: LinkToken,
    /// True if the link has had its effect. It has no other.
    pub(super) is_used: bool,
    /// The address to which it was sent.
    pub to: Email,
    /// The user whose link it is.
    pub user_id: UserId,
    /// The epoch of the user when the mail was sent.
    pub auth_epoch: u64,
}

impl FromEnv for Mails {
    /// Connects to the table that the environment names.
    fn from_env() -> Result<Self, ConfigError> {
        Ok(Self::new(Table::from_env()?, Clock::system(), Random::system()))
    }
}

impl Mails {
    /// Uses `table`.
    #[must_use]
    pub fn new(table: Table, clock: Clock, random: Random) -> Self {
        Self { table, clock, random }
    }

    /// Asks for a mail to an address, whether or not an account has it: nothing is read, so that nothing shows.
    pub async fn request(&self, kind: MailKind, to: Email) -> Result<(), Error> {
        let item = MailItem::new(kind, to, None, self.clock.now(), &self.random);
        self.table.put(item).await
    }

    /// Returns the mail if it waits to be sent: its cause is recent enough, and no attempt is known to have succeeded.
    pub async fn waiting(&self, id: MailId) -> Result<Option<Mail>, Error> {
        let item = self.item(id).await?;
        let item = item.filter(|item| item.sent_at.is_none());
        Ok(item.map(|MailItem { kind, to, user_id, .. }| Mail { id, kind, to, user_id }))
    }

    /// Makes a link for the mail. Returns `None` if the mail has been sent or removed meanwhile.
    ///
    /// A mail that may have been sent twice has two links. Either can be used, and then both have been.
    pub async fn add_link(&self, id: MailId, user: &User) -> Result<Option<LinkToken>, Error> {
        let token = LinkToken::new(id, self.random.bytes());
        let update = self
            .table
            .client
            .update_item()
            .update_expression(
                "SET userId = :user, authEpoch = :epoch, linkHashes = list_append(if_not_exists(linkHashes, :none), :hash)",
            )
            .expression_attribute_values(":user", AttributeValue::S(user.id.to_string()))
            .expression_attribute_values(":epoch", number(user.auth_epoch))
            .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":hash", AttributeValue::L(vec![AttributeValue::S(token.hash())]));
        Ok(self.update(id, update).await?.then_some(token))
    }

    /// Records that the mail was sent, unless the use of its link has.
    pub async fn mark_sent(&self, id: MailId) -> Result<(), Error> {
        let update = self
            .table
            .client
            .update_item()
            .update_expression("SET sentAt = :now")
            .expression_attribute_values(":now", AttributeValue::S(self.clock.now().to_string()));
        self.update(id, update).await.map(drop)
    }

    /// Updates the item of a mail that has not been sent. Returns false if there is none.
    async fn update(&self, id: MailId, update: UpdateItemFluentBuilder) -> Result<bool, Error> {
        let outcome = update
            .table_name(&self.table.name)
            .set_key(Some(key(id).into_item()))
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(sentAt)")
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match outcome {
            Ok(output) => {
                Cost::add(0.0, units(output.consumed_capacity()));
                Ok(true)
            }
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(error.into()),
            },
        }
    }

    /// Returns the link of this kind with this token, unless it has expired.
    pub async fn link(&self, token: LinkToken, kind: MailKind) -> Result<Option<Link>, Error> {
        let item = self.item(token.mail()).await?;
        // Hashes of random secrets may be compared in any time.
        let item = item.filter(|item| item.kind == kind && item.link_hashes.contains(&token.hash()));
        let link = item.and_then(|MailItem { to, user_id, auth_epoch, used_at, .. }| {
            Some(Link { token, is_used: used_at.is_some(), to, user_id: user_id?, auth_epoch: auth_epoch? })
        });
        Ok(link)
    }

    async fn item(&self, id: MailId) -> Result<Option<MailItem>, Error> {
        let item: Option<MailItem> = self.table.get(key(id), Consistency::Strong).await?;
        let now = self.clock.now();
        // Expired items can stay in the table for days.
        Ok(item.filter(|item| now.as_seconds() < item.expires_at))
    }
}

impl Transaction {
    /// Asks for a mail to a user.
    pub(super) fn mail(
        self,
        table: &Table,
        kind: MailKind,
        to: Email,
        user: UserId,
        (now, random): (Timestamp, &Random),
    ) -> Result<Self, Error> {
        self.put(table, to_item(MailItem::new(kind, to, Some(user), now, random))?)
    }

    /// Uses a link up, or ends in [`Error::Stale`] if another request has. The mail counts as sent, so that an attempt
    /// that lost the answer of SES makes no other link.
    pub(super) fn use_up(self, table: &Table, link: &Link, now: Timestamp) -> Result<Self, Error> {
        let update = Update::builder()
            .table_name(&table.name)
            .set_key(Some(key(link.token.mail()).into_item()))
            .update_expression("SET usedAt = :now, sentAt = if_not_exists(sentAt, :now)")
            .condition_expression("contains(linkHashes, :hash) AND attribute_not_exists(usedAt)")
            .expression_attribute_values(":hash", AttributeValue::S(link.token.hash()))
            .expression_attribute_values(":now", AttributeValue::S(now.to_string()));
        Ok(self.and(TransactWriteItem::builder().update(update.build()?).build(), Some(Error::Stale)))
    }
}

fn key(id: MailId) -> Key {
    Key::new(format!("MAIL#{id}"), "MAIL")
}

/// The stored form of a mail.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MailItem {
    pk: String,
    sk: String,
    kind: MailKind,
    to: Email,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_epoch: Option<u64>,
    /// The SHA-256 of each link's secret, one for each attempt to send the mail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    link_hashes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_at: Option<Timestamp>,
    /// The time at which a link had its effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    used_at: Option<Timestamp>,
    /// The time of expiry in seconds, for the table's TTL.
    expires_at: i64,
}

impl MailItem {
    fn new(kind: MailKind, to: Email, user_id: Option<UserId>, now: Timestamp, random: &Random) -> Self {
        let Key { pk, sk } = key(MailId::new(now, random));
        let lifetime = i64::try_from(kind.lifetime().as_secs()).unwrap_or(i64::MAX);
        let expires_at = now.as_seconds().saturating_add(lifetime);
        Self {
            pk,
            sk,
            kind,
            to,
            user_id,
            auth_epoch: None,
            link_hashes: Vec::new(),
            sent_at: None,
            used_at: None,
            expires_at,
        }
    }
}
