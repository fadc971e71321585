//! The request that a function gets, in a form that is new each time.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::config::Secret;

/// Values that the table takes only once. Each request has others, which begin with these.
const RECORDED_ONCE: &[(&str, &str)] = &[
    ("auth-register", "grace"),
    ("posts", "Notes on the Analytical Engine"),
    ("webhooks-stripe", "evt_1QkZtU2eZvKYlo2CnOpQrStU"),
    ("webhooks-stripe", "cs_test_a1XvT4mQy0wGkB3nJr7cLd9sHfUe2oZiP5xN8tRbW6qYjKaVhM1gDpCuE"),
];

/// A recorded event with the ids and tokens of an account.
#[derive(Clone)]
pub(super) struct Request {
    event: Value,
    /// Those of [`RECORDED_ONCE`] that the event has.
    once: Vec<&'static str>,
    /// The secret with which Stripe signs the event, if it does.
    signed_with: Option<Secret>,
}

impl Request {
    pub(super) fn new(function: &str, event: Value, stripe: &Secret) -> Self {
        let once = RECORDED_ONCE.iter().filter(|(of, _)| *of == function).map(|(_, value)| *value);
        let is_signed = event["headers"].get("stripe-signature").is_some();
        Self { event, once: once.collect(), signed_with: is_signed.then(|| stripe.clone()) }
    }

    /// Returns a request whose event is always the same.
    pub(super) fn plain(event: Value) -> Self {
        Self { event, once: Vec::new(), signed_with: None }
    }

    /// Returns the event, which no request has had before.
    pub(super) fn event(&self) -> Bytes {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut event = self.event.clone();
        if let Some(body) = event["body"].as_str() {
            let body = self
                .once
                .iter()
                .fold(body.to_owned(), |body, value| body.replace(value, &format!("{value}{count}")));
            if let Some(secret) = &self.signed_with {
                let signature = webhooks_stripe::sign(secret, body.as_bytes(), Clock::system().now());
                event["headers"]["stripe-signature"] = json!(signature);
            }
            if let Some(length) = event["headers"].get_mut("content-length") {
                *length = json!(body.len().to_string());
            }
            event["body"] = json!(body);
        }
        event.to_string().into()
    }
}
