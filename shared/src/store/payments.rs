use std::time::Duration;

use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

use super::Error;
use super::entities::Entities;
use super::entity::{Description, Entity};
use super::list::{List, Source};
use super::table::{Item, parse, text};
use super::transaction::Transaction;
use crate::domain::{
    CheckoutSessionId, Currency, Order, Page, Payer, Payment, PaymentIntentId, PaymentStatus, Start,
    StripeEventId, Timestamp,
};

/// The time for which an event is remembered. Stripe retries a delivery for three days, and allows manual retries for 30
/// (<https://docs.stripe.com/webhooks#retries>).
const EVENT_LIFETIME: Duration = Duration::from_hours(30 * 24);

/// The payments. Each is an item of its own, with another one for the event that reported it.
pub type Payments = Entities<Paid, CheckoutSessionId>;

/// A payment and its payer, which only the keys of its list contain.
#[derive(Clone, Debug)]
pub struct Paid {
    pub(super) payment: Payment,
    pub(super) payer: Option<Payer>,
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
    /// Records a payment and the event that reports it, once, however often and in whatever order events arrive.
    ///
    /// A payment without a payer is stored, but appears in no list.
    pub async fn record(
        &self,
        event: &StripeEventId,
        payment: &Payment,
        payer: Option<&Payer>,
    ) -> Result<Recorded, Error> {
        let event = EventItem::of(event, self.clock.now());
        let paid = Paid { payment: payment.clone(), payer: payer.cloned() };
        let transaction = Transaction::default().create(&self.table, to_item(event)?, Error::Stale)?.change(
            &self.table,
            None,
            Some(&paid.describe()?),
        )?;
        match transaction.commit(&self.table, &self.random).await {
            Ok(()) => Ok(Recorded::New),
            Err(Error::Stale) => Ok(Recorded::Duplicate),
            Err(error) => Err(error),
        }
    }

    /// Returns the payments of all these payers as one list, the latest checkouts first.
    pub async fn list(&self, payers: &[Payer], start: &Start, limit: u32) -> Result<Page<Payment>, Error> {
        let list_of = |payer| List {
            source: Source::Index {
                name: "gsi1",
                key: Box::new(|position| position_id(position).map(|id| Paid::key(&id))),
            },
            partition: list_name(payer),
            order: Order::Desc,
        };
        let lists: Vec<List> = payers.iter().map(list_of).collect();
        self.table.merged_page(&lists, start, limit, |item| Ok(Paid::read(item)?.payment)).await
    }

    /// Returns the number of payments of these payers together.
    pub async fn count(&self, payers: &[Payer]) -> Result<u64, Error> {
        let names: Vec<String> = payers.iter().map(list_name).collect();
        Ok(try_join_all(names.iter().map(|name| self.table.count(name))).await?.into_iter().sum())
    }
}

/// Returns the name of a payer's list, which is its partition and its counter.
fn list_name(payer: &Payer) -> String {
    match payer {
        Payer::User(id) => format!("PAYMENTS#{id}"),
        // An address contains `@`, so it never equals a user's id.
        Payer::Email(email) => format!("PAYMENTS#{}", email.normalised()),
    }
}

/// Returns the id at the end of a sort key.
fn position_id(position: &str) -> Option<CheckoutSessionId> {
    position.split_once('#')?.1.parse().ok()
}

impl Entity for Paid {
    type Id = CheckoutSessionId;
    const KIND: &str = "PAYMENT";
    const COUNTERS: &[&str] = &["PAYMENTS"];

    fn read(item: Item) -> Result<Self, Error> {
        let id = Self::id(&item)?;
        let payer = match (item.contains_key("gsi1pk"), text(&item, "gsi1pk").strip_prefix("PAYMENTS#")) {
            (false, _) => None,
            (true, None) => return Err(Error::Internal("gsi1pk names no payer".into())),
            (true, Some(name)) if name.contains('@') => Some(Payer::Email(parse(name)?)),
            (true, Some(name)) => Some(Payer::User(parse(name)?)),
        };
        let item: PaymentItem = from_item(item)?;
        let payment = Payment {
            id,
            amount_total: item.amount_total,
            currency: item.currency,
            status: item.payment_status,
            livemode: item.livemode,
            payment_intent: item.payment_intent,
            created_at: item.created_at,
            paid_at: item.paid_at,
        };
        Ok(Self { payment, payer })
    }

    fn describe(&self) -> Result<Description, Error> {
        let payment = self.payment.clone();
        let (position, shard) = (format!("{}#{}", payment.created_at, payment.id), payment.id.shard());
        let item = PaymentItem {
            amount_total: payment.amount_total,
            currency: payment.currency,
            payment_status: payment.status,
            livemode: payment.livemode,
            payment_intent: payment.payment_intent,
            created_at: payment.created_at,
            paid_at: payment.paid_at,
        };
        let description = Description::of(Self::key(&payment.id), &item)?;
        Ok(match self.payer.as_ref().map(list_name) {
            None => description,
            Some(name) => description.indexed("gsi1", &name, &position).counted_in(&name, shard),
        })
    }
}

/// The stored attributes of a payment.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PaymentItem {
    amount_total: u64,
    currency: Currency,
    payment_status: PaymentStatus,
    livemode: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_intent: Option<PaymentIntentId>,
    created_at: Timestamp,
    paid_at: Timestamp,
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
