//! What is read of Stripe's events (<https://docs.stripe.com/api/events/object>), and nothing else of them: their other
//! members differ by API version.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use shared::domain::{
    CheckoutSessionId, Currency, Invalid, Payer, Payment, PaymentIntentId, PaymentStatus, StripeEventId,
    Timestamp,
};
use shared::http::Error;

/// An event, as far as it says what to do.
#[derive(Debug, PartialEq)]
pub(crate) struct Event {
    /// The same in each delivery.
    pub(crate) id: StripeEventId,
    /// Such as `checkout.session.completed`.
    pub(crate) kind: String,
    /// What it says was paid, and by whom.
    pub(crate) paid: Option<(Payment, Option<Payer>)>,
}

/// Both tell of a checkout that is complete. The first comes at once, and is `unpaid` where the money is still on its
/// way (a bank transfer); then the second follows when it has come.
const COMPLETED: [&str; 2] = ["checkout.session.completed", "checkout.session.async_payment_succeeded"];

impl Event {
    /// Reads a body whose signature is good. What is missing in it is named, so that Stripe's dashboard shows it.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Error> {
        let body = serde_json::from_slice(body).map_err(|error| Error::Malformed(error.to_string()))?;
        let Envelope { id, r#type: kind, created, livemode, data } = part("body", body)?;
        let paid = if COMPLETED.contains(&&*kind) {
            part::<Session>("data.object", data.object)?.into_paid(created.0, livemode)?
        } else {
            None
        };
        Ok(Self { id, kind, paid })
    }
}

fn part<T: DeserializeOwned>(name: &str, value: Value) -> Result<T, Error> {
    serde_json::from_value(value).map_err(|error| Error::field(name, format!("can not be read: {error}")))
}

/// What all events have.
#[derive(Deserialize)]
struct Envelope {
    id: StripeEventId,
    r#type: String,
    created: Seconds,
    livemode: bool,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Value,
}

/// A checkout (<https://docs.stripe.com/api/checkout/sessions/object>).
#[derive(Deserialize)]
struct Session {
    id: CheckoutSessionId,
    payment_status: Status,
    amount_total: Option<u64>,
    currency: Option<Currency>,
    payment_intent: Option<PaymentIntent>,
    client_reference_id: Option<String>,
    customer_details: Option<CustomerDetails>,
    customer_email: Option<String>,
    created: Option<Seconds>,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Status {
    Paid,
    Unpaid,
    NoPaymentRequired,
}

/// An endpoint's API version and settings decide whether it is expanded.
#[derive(Deserialize)]
#[serde(untagged)]
enum PaymentIntent {
    Id(PaymentIntentId),
    Expanded { id: PaymentIntentId },
}

#[derive(Deserialize)]
struct CustomerDetails {
    email: Option<String>,
}

/// Seconds since the Unix epoch, of the years that RFC 3339 can write.
struct Seconds(Timestamp);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const END: u64 = 253_402_300_800;
        let seconds = u64::deserialize(deserializer)?;
        match i64::try_from(seconds) {
            Ok(small) if seconds < END => Ok(Self(Timestamp::from_millis(small * 1000))),
            _ => Err(serde::de::Error::custom(Invalid::new("must be a time in seconds"))),
        }
    }
}

impl Session {
    /// What was paid, where it is known by now. A setup of a payment method has no amount and pays nothing.
    fn into_paid(
        self,
        told_at: Timestamp,
        livemode: bool,
    ) -> Result<Option<(Payment, Option<Payer>)>, Error> {
        let status = match self.payment_status {
            Status::Paid => PaymentStatus::Paid,
            Status::NoPaymentRequired if self.amount_total.is_some() => PaymentStatus::NoPaymentRequired,
            Status::NoPaymentRequired | Status::Unpaid => return Ok(None),
        };
        let payer = self.payer();
        let missing = |name| Error::field(format!("data.object.{name}"), "is required of a paid checkout");
        let payment = Payment {
            id: self.id,
            amount_total: self.amount_total.ok_or_else(|| missing("amount_total"))?,
            currency: self.currency.ok_or_else(|| missing("currency"))?,
            status,
            livemode,
            payment_intent: self.payment_intent.map(|intent| match intent {
                PaymentIntent::Id(id) | PaymentIntent::Expanded { id } => id,
            }),
            created_at: self.created.map_or(told_at, |created| created.0),
            paid_at: told_at,
        };
        Ok(Some((payment, payer)))
    }

    /// The user that the application named, or else whoever has the address that was typed in at the checkout.
    fn payer(&self) -> Option<Payer> {
        if let Some(id) = self.client_reference_id.as_deref().and_then(|id| id.parse().ok()) {
            return Some(Payer::User(id));
        }
        let details = self.customer_details.as_ref().and_then(|details| details.email.as_deref());
        let email = details.or(self.customer_email.as_deref())?;
        email.parse().ok().map(Payer::Email)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const USER: &str = "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f";

    fn event(kind: &str, session: &Value) -> Result<Event, Error> {
        let event = json!({"id": "evt_1", "object": "event", "type": kind, "created": 1_763_656_500,
            "livemode": false, "data": {"object": session}, "pending_webhooks": 1});
        Event::read(event.to_string().as_bytes())
    }

    fn session(changes: &Value) -> Value {
        let mut session = json!({"id": "cs_test_1", "object": "checkout.session", "created": 1_763_656_375,
            "amount_total": 1999, "currency": "eur", "payment_status": "paid", "payment_intent": "pi_1",
            "customer_details": {"email": "ada@example.com", "tax_ids": []}, "something_new": {"x": [1]}});
        for (name, value) in changes.as_object().unwrap() {
            session[name] = value.clone();
        }
        session
    }

    fn paid(changes: &Value) -> Option<(Payment, Option<Payer>)> {
        event("checkout.session.completed", &session(changes)).unwrap().paid
    }

    /// The fields that an event is refused for.
    fn refused(body: &Value) -> Vec<String> {
        match Event::read(body.to_string().as_bytes()) {
            Err(Error::Invalid(fields)) => fields.into_iter().map(|error| error.field).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_paid_checkout_is_read_from_either_event() {
        let payment = Payment {
            id: "cs_test_1".parse().unwrap(),
            amount_total: 1999,
            currency: "eur".parse().unwrap(),
            status: PaymentStatus::Paid,
            livemode: false,
            payment_intent: Some("pi_1".parse().unwrap()),
            created_at: "2025-11-20T16:32:55Z".parse().unwrap(),
            paid_at: "2025-11-20T16:35:00Z".parse().unwrap(),
        };
        let payer = Payer::Email("ada@example.com".parse().unwrap());
        for kind in COMPLETED {
            let read = event(kind, &session(&json!({}))).unwrap();
            assert_eq!(read.paid, Some((payment.clone(), Some(payer.clone()))), "{kind}");
            assert_eq!((read.id.as_str(), &*read.kind), ("evt_1", kind));
        }
    }

    #[test]
    fn the_status_decides_whether_a_payment_is_recorded() {
        let status = |changes: Value| paid(&changes).map(|(payment, _)| payment.status);
        assert_eq!(status(json!({"payment_status": "paid"})), Some(PaymentStatus::Paid));
        assert_eq!(status(json!({"payment_status": "unpaid"})), None);
        let free = json!({"payment_status": "no_payment_required", "amount_total": 0});
        assert_eq!(status(free), Some(PaymentStatus::NoPaymentRequired));
        // Mode `setup`.
        let setup = json!({"payment_status": "no_payment_required", "amount_total": null, "currency": null});
        assert_eq!(status(setup), None);
    }

    #[test]
    fn whoever_the_application_named_has_paid_or_else_the_address() {
        let payer = |changes: Value| paid(&changes).unwrap().1;
        let email = |text: &str| Some(Payer::Email(text.parse().unwrap()));
        assert_eq!(payer(json!({"client_reference_id": USER})), Some(Payer::User(USER.parse().unwrap())));
        assert_eq!(payer(json!({"client_reference_id": "cart-7"})), email("ada@example.com"));
        let given = json!({"customer_details": null, "customer_email": "bea@example.com"});
        assert_eq!(payer(given), email("bea@example.com"));
        let absent = json!({"customer_details": {"email": null}, "customer_email": null});
        assert_eq!(payer(absent), None);
        assert_eq!(payer(json!({"customer_details": {"email": "no address"}})), None);
    }

    #[test]
    fn what_differs_by_api_version_is_read_either_way() {
        let intent = |changes: Value| paid(&changes).unwrap().0.payment_intent;
        let expanded = json!({"payment_intent": {"id": "pi_2", "object": "payment_intent", "amount": 1999}});
        assert_eq!(intent(expanded), Some("pi_2".parse().unwrap()));
        assert_eq!(intent(json!({"payment_intent": null})), None);
        let (old, _) = paid(&json!({"created": null})).unwrap();
        assert_eq!(old.created_at, old.paid_at, "without its own time, the event's");
    }

    #[test]
    fn other_events_are_not_looked_into() {
        let other = event("charge.refunded", &json!({"id": 5, "payment_status": "?"})).unwrap();
        assert_eq!((other.paid, &*other.kind), (None, "charge.refunded"));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let whole = json!({"id": "evt_1", "type": "checkout.session.completed", "created": 1_763_656_500,
            "livemode": true, "data": {"object": session(&json!({}))}});
        for name in ["id", "type", "created", "livemode", "data"] {
            let mut event = whole.clone();
            event.as_object_mut().unwrap().remove(name);
            assert_eq!(refused(&event), ["body"], "{name}");
        }
        for name in ["id", "payment_status"] {
            let mut event = whole.clone();
            event["data"]["object"].as_object_mut().unwrap().remove(name);
            assert_eq!(refused(&event), ["data.object"], "{name}");
        }
        for (name, value) in [
            ("id", json!("a#b")),
            ("payment_status", json!("settled")),
            ("amount_total", json!(-1)),
            ("amount_total", json!(19.99)),
            ("currency", json!("EUR")),
            ("created", json!(253_402_300_800_u64)),
        ] {
            let mut event = whole.clone();
            event["data"]["object"][name] = value;
            assert_eq!(refused(&event), ["data.object"], "{name}");
        }
        for name in ["amount_total", "currency"] {
            let mut event = whole.clone();
            event["data"]["object"][name] = Value::Null;
            assert_eq!(refused(&event), [format!("data.object.{name}")]);
        }
        assert!(matches!(Event::read(b"\xef\xbb\xbf{}"), Err(Error::Malformed(_))));
        assert_eq!(refused(&json!([])), ["body"]);
    }
}
