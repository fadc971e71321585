//! The costs of payments, half of which are found by the caller's id and half by the address.

use shared::clock::Clock;
use shared::domain::{Payer, Payment, PaymentStatus, Role, Start, Timestamp, UserAttributes};
use shared::random::Random;
use shared::store::{Error, Outbox, Payments};
use tests::App;
use tokio::try_join;

use super::row::{Row, measure};

/// The number of payments of each of the two payers: more than a page.
const PAYMENTS: i64 = 30;

pub(super) async fn rows() -> Vec<Row> {
    let app = App::start().await;
    let users = app.users();
    let payments = Payments::new(app.table(), Clock::system(), Random::system());
    let attributes =
        UserAttributes { email: "buyer@example.com".parse().unwrap(), name: None, role: Role::User };
    let user = users.create(attributes, Outbox::CLOSED, None).await.unwrap().into_parts().0;
    let payers = [Payer::User(user.id), Payer::Email(user.attributes.email)];
    let record = async |n: i64, payer| {
        // The id is as long as Stripe's.
        let event = format!("evt_1QkZtU2eZvKYlo2CnOpQ{n:04}").parse().unwrap();
        payments.record(&event, &payment(n), Some(payer)).await
    };
    for n in 0..PAYMENTS {
        for (place, payer) in (0..).zip(&payers) {
            record(2 * n + place, payer).await.unwrap();
        }
    }
    let recording = record(2 * PAYMENTS, &payers[0]);
    let (_, recorded) = measure("POST /api/webhooks/stripe, a payment", (1, 0.0, 8.0), recording).await;
    let (page, listed) = measure("GET /api/payments", (5, 3.5, 0.0), async {
        let user = users.get(user.id).await?;
        let (page, total) =
            try_join!(payments.list(&payers, &Start::Offset(0), 10), payments.count(&payers))?;
        Ok::<_, Error>((user, page, total))
    })
    .await;
    assert_eq!((page.1.items.len(), page.2), (10, 2 * PAYMENTS.unsigned_abs() + 1));
    vec![recorded, listed]
}

fn payment(n: i64) -> Payment {
    Payment {
        id: format!("cs_live_a1XvT4mQy0wGkB3nJr7cLd9sHfUe2oZiP5xN8tRbW6qYjKaVhM1g{n:04}").parse().unwrap(),
        amount_total: 1999,
        currency: "eur".parse().unwrap(),
        status: PaymentStatus::Paid,
        livemode: true,
        payment_intent: Some(format!("pi_3QkZtR2eZvKYlo2C1a7b{n:04}").parse().unwrap()),
        created_at: Timestamp::from_millis(n * 1000),
        paid_at: Timestamp::from_millis(n * 1000),
    }
}
