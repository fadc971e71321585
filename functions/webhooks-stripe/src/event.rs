//! The members of Stripe's events (<https://docs.stripe.com/api/events/object>) that describe a payment. All others
//! differ by API version and are ignored.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use shared::domain::{CheckoutSessionId, Currency, Payer, Payment, PaymentStatus, StripeEventId, Timestamp};
use shared::http::{Error, FieldError, from_json, json_object};

/// Both types announce a completed checkout. The first is sent at once, and is `unpaid` if the money is still on its
/// way (a bank transfer); then the second follows when the money has arrived.
const COMPLETED: [&str; 2] = ["checkout.session.completed", "checkout.session.async_payment_succeeded"];

/// The maximum length of an event's id and type in the log, in characters. Stripe's own are shorter.
const MAX_LOGGED_CHARACTERS: usize = 100;

/// The relevant parts of an event.
#[derive(Debug, PartialEq)]
pub(crate) struct Event {
    /// The id, such as `evt_1a2b3c`, the same in each delivery. It is for the log: shortened, and empty if missing.
    pub(crate) id: String,
    /// The type, such as `checkout.session.completed`; for the log as well.
    pub(crate) kind: String,
    /// The paid checkout that it completes.
    pub(crate) paid: Option<Paid>,
}

/// The members that say what an event is. None of them may occur twice, or another reader would see another event.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Head<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    object: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
}

/// A paid checkout.
#[derive(Debug, PartialEq)]
pub(crate) struct Paid {
    pub(crate) event_id: StripeEventId,
    pub(crate) payment: Payment,
    pub(crate) payer: Option<Payer>,
}

impl Event {
    /// Reads a body with a valid signature that was `received_at` this time.
    ///
    /// Events of other types or formats can have any shape. The error about a completed checkout names the missing
    /// members, so that Stripe's dashboard shows them.
    pub(crate) fn read(body: &[u8], received_at: Timestamp) -> Result<Self, Error> {
        let text: &RawValue = serde_json::from_slice(body).map_err(|_| malformed("must be JSON"))?;
        // A value that is not an object has no members.
        let Head { id, object, kind } = if text.get().starts_with('{') {
            // The strict reader names the member that occurs twice, which is the only possible mistake.
            serde_json::from_str(text.get()).or_else(|_| json_object(body).map(|_| Head::default()))?
        } else {
            Head::default()
        };
        let text_of = |member: Option<&RawValue>| {
            member.and_then(|text| serde_json::from_str::<String>(text.get()).ok())
        };
        let (id, kind) = (text_of(id).unwrap_or_default(), text_of(kind).unwrap_or_default());
        // A thin event (<https://docs.stripe.com/event-destinations#thin-events>) calls itself `v2.core.event`.
        let is_snapshot = matches!(object.map_or("null", RawValue::get), "\"event\"" | "null");
        let paid = if is_snapshot && COMPLETED.contains(&&*kind) {
            paid(&json_object(body)?.into(), received_at)?
        } else {
            None
        };
        let logged = |text: &str| text.chars().take(MAX_LOGGED_CHARACTERS).collect();
        Ok(Self { id: logged(&id), kind: logged(&kind), paid })
    }
}

/// Reads the payment of a completed checkout (<https://docs.stripe.com/api/checkout/sessions/object>). A setup of a
/// payment method has no amount and pays nothing.
fn paid(event: &Value, received_at: Timestamp) -> Result<Option<Paid>, Error> {
    let session = &event["data"]["object"];
    let status: String = required(event, "data.object.payment_status")?;
    let status = match &*status {
        "paid" => PaymentStatus::Paid,
        "no_payment_required" if !session["amount_total"].is_null() => PaymentStatus::NoPaymentRequired,
        _ => return Ok(None),
    };
    let paid_at = time(&event["created"]).unwrap_or(received_at);
    let livemode = event["livemode"].as_bool().or(session["livemode"].as_bool());
    let payment = Payment {
        id: required::<CheckoutSessionId>(event, "data.object.id")?,
        amount_total: required(event, "data.object.amount_total")?,
        currency: required::<Currency>(event, "data.object.currency")?,
        status,
        livemode: livemode.ok_or_else(|| Error::field("livemode", "must be a boolean"))?,
        payment_intent: id(&session["payment_intent"]).and_then(|id| id.parse().ok()),
        created_at: time(&session["created"]).unwrap_or(paid_at),
        paid_at,
    };
    Ok(Some(Paid { event_id: required(event, "id")?, payment, payer: payer(session) }))
}

/// Returns the user whom the application named, or else the e-mail address that was entered at the checkout.
fn payer(session: &Value) -> Option<Payer> {
    if let Some(id) = session["client_reference_id"].as_str().and_then(|id| id.parse().ok()) {
        return Some(Payer::User(id));
    }
    let emails = [&session["customer_details"]["email"], &session["customer_email"]];
    emails.into_iter().filter_map(Value::as_str).find_map(|email| email.parse().ok()).map(Payer::Email)
}

/// Returns the id of an object, which is expanded or not, depending on the endpoint's API version and settings.
fn id(object: &Value) -> Option<&str> {
    object.as_str().or(object["id"].as_str())
}

/// Reads a time in seconds since the Unix epoch, in the years that RFC 3339 can express.
fn time(value: &Value) -> Option<Timestamp> {
    const END: i64 = 253_402_300_800;
    let seconds: i64 = from_json(value.clone()).ok()?;
    (0..END).contains(&seconds).then(|| Timestamp::from_millis(seconds * 1000))
}

/// Reads a member that a payment needs.
fn required<T: DeserializeOwned>(event: &Value, path: &str) -> Result<T, Error> {
    let member = path.split('.').fold(event, |object, name| &object[name]);
    from_json(member.clone()).map_err(|wrong| Error::field(path, wrong.to_string()))
}

fn malformed(message: &str) -> Error {
    Error::Malformed(FieldError { field: "body".to_owned(), message: message.to_owned() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const USER: &str = "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f";

    fn read(event: &Value) -> Result<Event, Error> {
        Event::read(event.to_string().as_bytes(), received_at())
    }

    fn received_at() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }

    fn event(kind: &str, session: &Value) -> Value {
        json!({"id": "evt_1", "object": "event", "type": kind, "created": 1_763_656_500,
            "livemode": false, "data": {"object": session}, "pending_webhooks": 1})
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

    fn paid(changes: &Value) -> Option<Paid> {
        read(&event("checkout.session.completed", &session(changes))).unwrap().paid
    }

    /// Returns the fields for which an event is refused.
    fn refused(event: &Value) -> Vec<String> {
        match read(event) {
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
        let payer = Some(Payer::Email("ada@example.com".parse().unwrap()));
        let paid = Some(Paid { event_id: "evt_1".parse().unwrap(), payment, payer });
        for kind in COMPLETED {
            let read = read(&event(kind, &session(&json!({})))).unwrap();
            assert_eq!((&*read.id, &*read.kind), ("evt_1", kind));
            assert_eq!(read.paid, paid, "{kind}");
        }
    }

    #[test]
    fn the_status_decides_whether_a_payment_is_recorded() {
        let status = |changes: Value| paid(&changes).map(|paid| paid.payment.status);
        assert_eq!(status(json!({"payment_status": "paid"})), Some(PaymentStatus::Paid));
        assert_eq!(status(json!({"payment_status": "unpaid"})), None);
        assert_eq!(status(json!({"payment_status": "settled"})), None, "a status of days to come");
        let free = json!({"payment_status": "no_payment_required", "amount_total": 0});
        assert_eq!(status(free), Some(PaymentStatus::NoPaymentRequired));
        // A checkout in the mode `setup`.
        let setup = json!({"payment_status": "no_payment_required", "amount_total": null, "currency": null});
        assert_eq!(status(setup), None);
    }

    #[test]
    fn whoever_the_application_named_has_paid_or_else_the_address() {
        let payer = |changes: Value| paid(&changes).unwrap().payer;
        let email = |text: &str| Some(Payer::Email(text.parse().unwrap()));
        assert_eq!(payer(json!({"client_reference_id": USER})), Some(Payer::User(USER.parse().unwrap())));
        assert_eq!(payer(json!({"client_reference_id": "cart-7"})), email("ada@example.com"));
        for details in
            [json!(null), json!([]), json!("?"), json!({"email": 5}), json!({"email": "no address"})]
        {
            let given = json!({"customer_details": details, "customer_email": "bea@example.com"});
            assert_eq!(payer(given), email("bea@example.com"), "{details}");
            let absent =
                json!({"customer_details": details, "customer_email": null, "client_reference_id": 5});
            assert_eq!(payer(absent), None, "{details}");
        }
    }

    #[test]
    fn what_differs_by_api_version_is_read_either_way() {
        let intent = |intent: Value| paid(&json!({"payment_intent": intent})).unwrap().payment.payment_intent;
        assert_eq!(intent(json!({"id": "pi_2", "object": "payment_intent"})), Some("pi_2".parse().unwrap()));
        for odd in [json!(null), json!({"id": null}), json!({}), json!([]), json!(5), json!("p i")] {
            assert_eq!(intent(odd.clone()), None, "{odd}");
        }
        for odd in
            [json!(null), json!("2025-11-20T16:32:55Z"), json!(-1), json!(253_402_300_800_u64), json!({})]
        {
            let payment = paid(&json!({"created": odd})).unwrap().payment;
            assert_eq!(payment.created_at, payment.paid_at, "without its own time, the event's: {odd}");
            let mut event = event(COMPLETED[0], &session(&json!({"created": odd})));
            event["created"] = odd;
            assert_eq!(read(&event).unwrap().paid.unwrap().payment.paid_at, received_at());
        }
        assert_eq!(paid(&json!({"amount_total": 1999.0})).unwrap().payment.amount_total, 1999);
        let mut event = event(COMPLETED[0], &session(&json!({"livemode": true})));
        event.as_object_mut().unwrap().remove("livemode");
        event.as_object_mut().unwrap().remove("object");
        assert!(read(&event).unwrap().paid.unwrap().payment.livemode);
    }

    #[test]
    fn whatever_is_no_complete_checkout_can_have_any_shape() {
        let thin = json!({"id": "evt_test_1", "object": "v2.core.event", "created": "2026-10-04T15:13:32.232083866Z",
            "type": "v2.core.account[configuration.merchant].capability_status_updated"});
        let other_format =
            json!({"object": "v2.core.event", "type": COMPLETED[0], "data": session(&json!({}))});
        let other_kind =
            json!({"id": 5, "type": "charge.refunded", "data": {"object": {"payment_status": "?"}}});
        for event in [thin, other_format, other_kind] {
            let read = read(&event).unwrap();
            assert_eq!((read.paid, json!(read.kind)), (None, event["type"].clone()), "{event}");
        }
        let deep = format!("{{\"type\": \"x\", \"data\": {}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        for body in [
            "[]",
            "[{\"type\": 1}]",
            "5",
            "null",
            "\"text\"",
            "{}",
            r#"{"type": null}"#,
            r#"{"type": ["a"]}"#,
            r#"{"type": {"checkout": 1}, "data": 1e999}"#,
            r#"{"type": "a", "n": 1, "n": 123456789012345678901}"#,
            &deep,
        ] {
            assert_eq!(Event::read(body.as_bytes(), received_at()).unwrap().paid, None, "{body}");
        }
        let long = json!({"type": "x".repeat(1000)});
        assert_eq!(read(&long).unwrap().kind.len(), MAX_LOGGED_CHARACTERS);
    }

    #[test]
    fn what_is_missing_of_a_payment_is_named() {
        let whole = event(COMPLETED[0], &session(&json!({})));
        for name in ["id", "livemode"] {
            let mut event = whole.clone();
            event.as_object_mut().unwrap().remove(name);
            assert_eq!(refused(&event), [name]);
        }
        for data in [json!(null), json!({}), json!({"object": null}), json!([])] {
            let mut event = whole.clone();
            event["data"] = data;
            assert_eq!(refused(&event), ["data.object.payment_status"]);
        }
        for (name, values) in [
            ("id", [json!(null), json!("a#b"), json!(5)]),
            ("payment_status", [json!(null), json!(5), json!(["paid"])]),
            ("amount_total", [json!(null), json!(-1), json!(19.99)]),
            ("currency", [json!(null), json!("EUR"), json!("euro")]),
        ] {
            for value in values {
                let mut event = whole.clone();
                event["data"]["object"][name] = value;
                assert_eq!(refused(&event), [format!("data.object.{name}")], "{event}");
            }
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        let unfinished = br#"{"type": "charge.refunded""#;
        for body in
            [&b""[..], b"{", unfinished, b"{} {}", b"\xff", b"{\"type\": \"\xff\"}", b"\xef\xbb\xbf{}"]
        {
            let refused = Event::read(body, received_at());
            assert!(matches!(refused, Err(Error::Malformed(_))), "{refused:?}");
        }
    }
}
