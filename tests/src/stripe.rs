use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::config::Secret;
use shared::random::Random;

use crate::{App, Call, Client};

/// A stand-in for Stripe that delivers events to the API.
pub struct Stripe {
    client: Client,
    secret: Secret,
}

impl App {
    /// Returns a Stripe with the API's secret.
    pub fn stripe(&self) -> Stripe {
        self.stripe_with(self.stack.secret("STRIPE_WEBHOOK_SECRET").expect("a secret"))
    }

    /// Returns a Stripe with this secret.
    pub fn stripe_with(&self, secret: &str) -> Stripe {
        let secret = Secret::new("STRIPE_WEBHOOK_SECRET", secret.to_owned()).unwrap();
        Stripe { client: self.anonymous(), secret }
    }

    /// Signs a recorded event that has a place for the signature.
    pub(crate) fn sign_as_stripe(&self, event: &mut Value) {
        let Some(header) = event["headers"].get("stripe-signature").and_then(Value::as_str) else { return };
        let text = event["body"].as_str().unwrap();
        let is_base64 = event["isBase64Encoded"] == true;
        let body = if is_base64 { STANDARD.decode(text).unwrap() } else { text.as_bytes().to_vec() };
        let header = header.replace("{{STRIPE_SIGNATURE}}", &self.stripe().sign(&body));
        event["headers"]["stripe-signature"] = json!(header);
    }
}

impl Stripe {
    /// Delivers the event, signed now.
    pub fn deliver(&self, event: &Value) -> Call {
        let body = serde_json::to_vec_pretty(event).unwrap();
        self.send(&body, &self.sign(&body))
    }

    /// Signs `body` now.
    pub fn sign(&self, body: &[u8]) -> String {
        webhooks_stripe::sign(&self.secret, body, Clock::system().now())
    }

    /// Sends any body with any signature.
    pub fn send(&self, body: &[u8], signature: &str) -> Call {
        self.unsigned(body).header("stripe-signature", signature)
    }

    /// Sends any body as Stripe does, without its signature.
    pub fn unsigned(&self, body: &[u8]) -> Call {
        let call = self.client.call(reqwest::Method::POST, "/api/webhooks/stripe").body(body);
        call.header("accept", "*/*; q=0.5, application/xml")
            .header("content-type", "application/json; charset=utf-8")
    }
}

/// Returns an event of this type about a paid checkout of 19.99 EUR, with `changes` applied. Both have new ids.
pub fn checkout_event(kind: &str, changes: &Value) -> Value {
    let mut session = json!({
        "id": stripe_id("cs_test"), "object": "checkout.session", "created": 1_763_656_375, "mode": "payment",
        "amount_total": 1999, "currency": "eur", "payment_status": "paid", "payment_intent": stripe_id("pi"),
        "client_reference_id": null, "customer_details": {"email": "ada@example.com"}, "livemode": false,
    });
    for (name, value) in changes.as_object().unwrap() {
        session[name] = value.clone();
    }
    json!({
        "id": stripe_id("evt"), "object": "event", "type": kind, "created": 1_763_656_500, "livemode": false,
        "api_version": "2026-01-28.clover", "data": {"object": session},
    })
}

fn stripe_id(prefix: &str) -> String {
    format!("{prefix}_{:032x}", u128::from_be_bytes(Random::system().bytes()))
}
