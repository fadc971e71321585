//! Payments, and the events that they came with.

use shared::clock::Clock;
use shared::domain::{Payer, Payment, PaymentStatus, Timestamp, User};
use shared::random::Random;
use shared::store::Payments;
use tests::App;

use crate::check::items::Items;

pub(super) const ITEMS: Items = Items {
    kinds: &["COUNT", "PAYMENT", "STRIPE"],
    locks: &[],
    computed: &[("PAYMENT", "gsi1sk")],
    counters: &[("COUNT#PAYMENTS", "n")],
};

pub(super) async fn fill(app: &App, user: &User) {
    let payments = Payments::new(app.table(), Clock::system(), Random::system());
    let payers = [Some(Payer::User(user.id)), Some(Payer::Email(user.attributes.email.clone())), None];
    for (n, payer) in payers.iter().enumerate() {
        let event = format!("evt_{n}").parse().unwrap();
        payments.record(&event, &payment(n), payer.as_ref()).await.unwrap();
    }
}

fn payment(n: usize) -> Payment {
    Payment {
        id: format!("cs_{n}").parse().unwrap(),
        amount_total: 1999,
        currency: "eur".parse().unwrap(),
        status: PaymentStatus::Paid,
        livemode: false,
        payment_intent: None,
        created_at: Timestamp::from_millis(1000),
        paid_at: Timestamp::from_millis(2000),
    }
}
