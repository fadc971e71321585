use std::time::Duration;

use axum::extract::State;
use serde::Serialize;
use shared::api::True;
use shared::clock::Clock;
use shared::http::{AnyObject, Code, Error, Json};
use shared::store::{Payments, Recorded};
use utoipa::{IntoParams, ToSchema};

use crate::event::{Event, Paid};
use crate::signed::Signed;

/// The time limit for recording a payment, all attempts together. Stripe repeats a slow delivery for three days, so an
/// early 503 is better than a late answer. A repetition finds a payment that was recorded after all.
const RECORD_TIMEOUT: Duration = Duration::from_millis(800);

#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes what `Signed` reads")]
struct ReceiveParams {
    /// `t=<seconds>,v1=<HMAC-SHA256 of t, a dot and the body, in hex>`, with any number of `v1`.
    #[param(
        rename = "Stripe-Signature",
        example = "t=1795192375,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd"
    )]
    stripe_signature: String,
}

/// The confirmation that the event was received.
#[derive(Serialize, ToSchema)]
#[schema(as = Received)]
pub(crate) struct ReceivedBody {
    /// Always `true`, whether or not the event had an effect.
    received: True,
}

/// Receive an event of Stripe's
///
/// `checkout.session.completed` and `checkout.session.async_payment_succeeded` record the payment of a paid checkout
/// exactly once, however often and in whatever order they arrive. Other events are accepted and ignored. Stripe sends
/// an event again if the response is not 200.
#[utoipa::path(
    post,
    path = "/api/webhooks/stripe",
    tag = "payments",
    operation_id = "receiveStripeEvent",
    params(ReceiveParams),
    request_body(
        content((AnyObject = "application/json", example = json!({
            "id": "evt_1a2b3c4d5e6f",
            "type": "checkout.session.completed",
            "created": 1_795_192_375,
            "livemode": false,
            "data": {"object": {
                "id": "cs_test_a1b2c3d4e5f6",
                "payment_status": "paid",
                "amount_total": 1999,
                "currency": "eur",
                "customer_details": {"email": "ada@example.com"},
            }},
        })), (AnyObject = "*/*")),
        description = "An event as Stripe sends it, at most 1 MiB. The media type is ignored, because the body is signed.",
    ),
    responses((status = 200, description = "The event was received.", body = ReceivedBody)),
    extensions(("x-codes" = json!([Code::MissingSignature, Code::InvalidSignature]))),
)]
pub(crate) async fn receive(
    State(payments): State<Payments>,
    State(clock): State<Clock>,
    Signed(body): Signed,
) -> Result<Json<ReceivedBody>, Error> {
    let Event { id, kind, paid } = Event::read(&body, clock.now())?;
    let outcome = match &paid {
        Some(Paid { event_id, payment, payer }) => {
            let recording = payments.record(event_id, payment, payer.as_ref());
            match tokio::time::timeout(RECORD_TIMEOUT, recording).await.map_err(|_| Error::TimedOut)?? {
                Recorded::New if payer.is_none() => "recorded, in nobody's list",
                Recorded::New => "recorded",
                Recorded::Duplicate => "recorded before",
            }
        }
        None => "nothing to record",
    };
    tracing::info!(eventId = id, eventType = kind, outcome, "received");
    Ok(Json(ReceivedBody { received: True }))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use axum::body::Bytes;
    use shared::random::Random;
    use shared::store::Table;

    use super::*;

    #[tokio::test]
    async fn stripe_does_not_wait_for_a_table_that_does_not_answer() {
        // Connections are accepted, and nothing reads from them.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let table = Table::embedded("table", &endpoint).unwrap();
        let payments = Payments::new(table, Clock::system(), Random::system());
        let event = br#"{"id": "evt_1", "type": "checkout.session.completed", "created": 1, "livemode": false,
            "data": {"object": {"id": "cs_1", "payment_status": "paid", "amount_total": 1, "currency": "eur"}}}"#;
        let clock = State(Clock::system());
        let outcome = receive(State(payments), clock, Signed(Bytes::from_static(event))).await;
        // Without this limit the client's own longer timeout would end in `Unavailable`.
        assert!(matches!(outcome, Err(Error::TimedOut)), "{:?}", outcome.err());
    }
}
