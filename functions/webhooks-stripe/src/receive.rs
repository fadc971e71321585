use std::time::Duration;

use axum::extract::State;
use serde::Serialize;
use shared::clock::Clock;
use shared::http::{Code, Error, Json};
use shared::store::{Payments, Recorded};
use utoipa::{IntoParams, ToSchema};

use crate::event::{Event, Paid};
use crate::signed::Signed;

/// The time to record a payment in, all attempts together. Stripe gives up on a slow answer and tries again for three
/// days, so the sooner it is told to, the better; what was recorded all the same is found then.
const RECORD_TIMEOUT: Duration = Duration::from_millis(800);

#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes what `Signed` reads")]
struct ReceiveParams {
    /// `t=<seconds>,v1=<HMAC-SHA256 of t, a dot and the body, in hex>`, with any number of `v1`.
    #[param(rename = "Stripe-Signature")]
    stripe_signature: String,
}

/// The event was received, whether or not anything followed from it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReceivedBody {
    #[schema(example = true)]
    received: bool,
}

/// Receive an event of Stripe's
///
/// `checkout.session.completed` and `checkout.session.async_payment_succeeded` record the payment of a paid checkout, once,
/// however often and in whatever order they come. Other types are received and ignored. Stripe sends again what is not
/// answered with 200.
#[utoipa::path(
    post,
    path = "/api/webhooks/stripe",
    tag = "payments",
    operation_id = "receiveStripeEvent",
    params(ReceiveParams),
    request_body(
        content((Object = "application/json"), (Object = "*/*")),
        description = "An event as Stripe sends it, at most 1 MiB; in any media type, as its signature counts",
    ),
    responses((status = 200, description = "It was received", body = ReceivedBody)),
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
                Recorded::Now if payer.is_none() => "recorded, in nobody's list",
                Recorded::Now => "recorded",
                Recorded::Before => "recorded before",
            }
        }
        None => "nothing to record",
    };
    tracing::info!(eventId = id, eventType = kind, outcome, "received");
    Ok(Json(ReceivedBody { received: true }))
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
        // Connections are made, and nobody reads from them.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let table = Table::embedded("table", &endpoint).unwrap();
        let payments = Payments::new(table, Clock::system(), Random::system());
        let event = br#"{"id": "evt_1", "type": "checkout.session.completed", "created": 1, "livemode": false,
            "data": {"object": {"id": "cs_1", "payment_status": "paid", "amount_total": 1, "currency": "eur"}}}"#;
        let clock = State(Clock::system());
        let outcome = receive(State(payments), clock, Signed(Bytes::from_static(event))).await;
        // The client's own patience, which is longer, would end in `Unavailable`.
        assert!(matches!(outcome, Err(Error::TimedOut)), "{:?}", outcome.err());
    }
}
