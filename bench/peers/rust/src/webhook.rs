use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use chrono::{DateTime, SecondsFormat, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::App;
use crate::error::Error;
use crate::posts::{count, put};

/// The greatest difference between the time of a signature and now, in seconds.
const TOLERANCE: i64 = 300;

/// The time for which an event is remembered, in seconds.
const EVENT_LIFETIME: i64 = 30 * 24 * 60 * 60;

#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    created: i64,
    livemode: bool,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Checkout,
}

#[derive(Deserialize)]
struct Checkout {
    id: String,
    amount_total: u64,
    client_reference_id: String,
    created: i64,
    currency: String,
    payment_intent: String,
    payment_status: String,
}

pub async fn receive(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Result<Json<Value>, Error> {
    let header = headers.get("stripe-signature").and_then(|header| header.to_str().ok()).unwrap_or_default();
    if !is_signed(header, &body, app.stripe_secret.as_bytes()) {
        return Err(Error::Client(StatusCode::BAD_REQUEST, "Invalid signature"));
    }
    let event: Event =
        serde_json::from_slice(&body).map_err(|_| Error::Client(StatusCode::BAD_REQUEST, "Invalid event"))?;
    if event.kind == "checkout.session.completed" && event.data.object.payment_status == "paid" {
        record(&app, event).await?;
    }
    Ok(Json(json!({ "received": true })))
}

/// Verifies the signature as <https://docs.stripe.com/webhooks#verify-manually> says.
fn is_signed(header: &str, body: &[u8], secret: &[u8]) -> bool {
    let pairs = || header.split(',').filter_map(|pair| pair.split_once('='));
    let Some((_, time)) = pairs().find(|(name, _)| *name == "t") else { return false };
    let Ok(seconds) = time.parse::<i64>() else { return false };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return false };
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    let is_right = |signature: &str| {
        hex::decode(signature).is_ok_and(|signature| mac.clone().verify_slice(&signature).is_ok())
    };
    (Utc::now().timestamp() - seconds).abs() <= TOLERANCE
        && pairs().any(|(name, value)| name == "v1" && is_right(value))
}

/// Records the payment once.
async fn record(app: &App, event: Event) -> Result<(), Error> {
    let checkout = event.data.object;
    let time = |seconds| {
        let time = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
        time.to_rfc3339_opts(SecondsFormat::Millis, true)
    };
    let created_at = time(checkout.created);
    let list = format!("PAYMENTS#{}", checkout.client_reference_id);
    let text = AttributeValue::S;
    let seen = HashMap::from([
        ("pk".to_owned(), text(format!("STRIPE#{}", event.id))),
        ("sk".to_owned(), text("STRIPE".to_owned())),
        ("expiresAt".to_owned(), AttributeValue::N((Utc::now().timestamp() + EVENT_LIFETIME).to_string())),
    ]);
    let payment = HashMap::from([
        ("pk".to_owned(), text(format!("PAYMENT#{}", checkout.id))),
        ("sk".to_owned(), text("PAYMENT".to_owned())),
        ("gsi1pk".to_owned(), text(list.clone())),
        ("gsi1sk".to_owned(), text(format!("{created_at}#{}", checkout.id))),
        ("amountTotal".to_owned(), AttributeValue::N(checkout.amount_total.to_string())),
        ("currency".to_owned(), text(checkout.currency)),
        ("paymentStatus".to_owned(), text(checkout.payment_status)),
        ("livemode".to_owned(), AttributeValue::Bool(event.livemode)),
        ("paymentIntent".to_owned(), text(checkout.payment_intent)),
        ("createdAt".to_owned(), text(created_at)),
        ("paidAt".to_owned(), text(time(event.created))),
    ]);
    let shard = checkout.id.bytes().last().unwrap_or_default() & 0x0f;
    let writes = vec![put(&app.table, seen), put(&app.table, payment), count(&app.table, &list, shard)];
    let written = app.dynamodb.transact_write_items().set_transact_items(Some(writes)).send().await;
    match written.map_err(aws_sdk_dynamodb::Error::from) {
        // Recorded by an earlier delivery.
        Err(aws_sdk_dynamodb::Error::TransactionCanceledException(_)) => Ok(()),
        written => Ok(written.map(drop)?),
    }
}
