use std::time::Duration;

use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use super::list::List;
use super::table::{Key, Table};
use super::transaction::Transaction;
use super::{Error, Unique};
use crate::clock::Clock;
use crate::config::ConfigError;
use crate::domain::{
    CheckoutSessionId, Currency, Order, Page, Payer, Payment, PaymentIntentId, PaymentStatus, Start,
    StripeEventId, Timestamp,
};
use crate::random::Random;

/// The time for which an event is remembered. Stripe retries a delivery for three days, and allows manual retries for 30
/// (<https://docs.stripe.com/webhooks#retries>).
const EVENT_LIFETIME: Duration = Duration::from_hours(30 * 24);

/// The payments. Each is an item of its own, with another one for the event that reported it.
#[derive(Clone, Debug)]
pub struct Payments {
    table: Table,
    clock: Clock,
    random: Random,
}

/// The effect of an event that reports a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// The payment is recorded.
    New,
    /// It was recorded before, by this event or by another one of the same checkout.
    Duplicate,
}

impl Payments {
    /// Connects to the table that the environment names.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self::new(Table::from_env()?, Clock::system(), Random::system()))
    }

    /// Uses `table`.
    #[must_use]
    pub fn new(table: Table, clock: Clock, random: Random) -> Self {
        Self { table, clock, random }
    }

    /// Records a payment and the event that reports it, once, however often and in whatever order events arrive.
    ///
    /// A payment without a payer is stored, but appears in no list.
    pub async fn record(
        &self,
        event: &StripeEventId,
        payment: &Payment,
        payer: Option<&Payer>,
    ) -> Result<Recorded, Error> {
        let mut transaction = Transaction::default()
            .create(&self.table, &EventItem::of(event, self.clock.now()), Error::Taken(Unique::Payment))?
            .create(&self.table, &PaymentItem::of(payment, payer), Error::Taken(Unique::Payment))?;
        if let Some(payer) = payer {
            transaction = transaction.count(&self.table, &list_name(payer), payment.id.shard(), 1)?;
        }
        match transaction.commit(&self.table, &self.random).await {
            Ok(()) => Ok(Recorded::New),
            Err(Error::Taken(Unique::Payment)) => Ok(Recorded::Duplicate),
            Err(error) => Err(error),
        }
    }

    /// Returns the payments of all these payers as one list, the latest checkouts first.
    pub async fn list(&self, payers: &[Payer], start: &Start, limit: u32) -> Result<Page<Payment>, Error> {
        let list_of = |payer| List {
            index: "gsi1",
            partition: list_name(payer),
            order: Order::Desc,
            key: |position| position_id(position).map(|id| payment_key(&id)),
        };
        let lists: Vec<List> = payers.iter().map(list_of).collect();
        let page: Page<PaymentItem> = self.table.merged_page(&lists, start, limit).await?;
        let items = page.items.into_iter().map(Payment::try_from).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next })
    }

    /// Returns the number of payments of these payers together.
    pub async fn count(&self, payers: &[Payer]) -> Result<u64, Error> {
        let names: Vec<String> = payers.iter().map(list_name).collect();
        Ok(try_join_all(names.iter().map(|name| self.table.count(name))).await?.into_iter().sum())
    }
}

/// Returns the name of a payer's list, which is its partition and its counter.
pub(super) fn list_name(payer: &Payer) -> String {
    match payer {
        Payer::User(id) => format!("PAYMENTS#{id}"),
        // An address contains `@`, so it never equals a user's id.
        Payer::Email(email) => format!("PAYMENTS#{}", email.normalised()),
    }
}

fn payment_key(id: &CheckoutSessionId) -> Key {
    Key::new(format!("PAYMENT#{id}"), "PAYMENT")
}

/// Returns the id at the end of a sort key.
fn position_id(position: &str) -> Option<CheckoutSessionId> {
    position.split_once('#')?.1.parse().ok()
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PaymentItem {
    pk: String,
    sk: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    gsi1pk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gsi1sk: Option<String>,
    amount_total: u64,
    currency: Currency,
    payment_status: PaymentStatus,
    livemode: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_intent: Option<PaymentIntentId>,
    created_at: Timestamp,
    paid_at: Timestamp,
}

impl PaymentItem {
    pub(super) fn of(payment: &Payment, payer: Option<&Payer>) -> Self {
        let Key { pk, sk } = payment_key(&payment.id);
        Self {
            pk,
            sk,
            gsi1pk: payer.map(list_name),
            gsi1sk: payer.map(|_| format!("{}#{}", payment.created_at, payment.id)),
            amount_total: payment.amount_total,
            currency: payment.currency.clone(),
            payment_status: payment.status,
            livemode: payment.livemode,
            payment_intent: payment.payment_intent.clone(),
            created_at: payment.created_at,
            paid_at: payment.paid_at,
        }
    }
}

impl TryFrom<PaymentItem> for Payment {
    type Error = Error;

    fn try_from(item: PaymentItem) -> Result<Self, Error> {
        let id = item.pk.strip_prefix("PAYMENT#").unwrap_or_default();
        Ok(Self {
            id: id.parse().map_err(|error| Error::Internal(Box::new(error)))?,
            amount_total: item.amount_total,
            currency: item.currency,
            status: item.payment_status,
            livemode: item.livemode,
            payment_intent: item.payment_intent,
            created_at: item.created_at,
            paid_at: item.paid_at,
        })
    }
}

/// The item of an event, so that its other deliveries have no effect.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventItem {
    pk: String,
    sk: String,
    /// The time in seconds since the Unix epoch.
    expires_at: i64,
}

impl EventItem {
    fn of(id: &StripeEventId, now: Timestamp) -> Self {
        let lifetime = i64::try_from(EVENT_LIFETIME.as_secs()).unwrap_or(i64::MAX);
        let expires_at = now.as_seconds().saturating_add(lifetime);
        Self { pk: format!("STRIPE#{id}"), sk: "STRIPE".to_owned(), expires_at }
    }
}
