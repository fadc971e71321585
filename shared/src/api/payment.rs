use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{CheckoutSessionId, Currency, Payment, PaymentIntentId, PaymentStatus, Timestamp};
use crate::http::Pagination;

/// A payment, for whoever paid.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentBody {
    /// Stripe's id of the checkout.
    id: CheckoutSessionId,
    /// In the currency's smallest unit: 1999 is 19.99 EUR, or 1999 JPY.
    #[schema(example = 1999)]
    amount_total: u64,
    currency: Currency,
    payment_status: PaymentStatus,
    /// Whether it was real money; otherwise it came from Stripe's test mode.
    livemode: bool,
    /// Stripe's id of the payment; a subscription has none.
    #[schema(required)]
    payment_intent: Option<PaymentIntentId>,
    /// When the checkout began.
    created_at: Timestamp,
    /// When Stripe knew that it was paid.
    paid_at: Timestamp,
}

impl From<Payment> for PaymentBody {
    fn from(payment: Payment) -> Self {
        Self {
            id: payment.id,
            amount_total: payment.amount_total,
            currency: payment.currency,
            payment_status: payment.status,
            livemode: payment.livemode,
            payment_intent: payment.payment_intent,
            created_at: payment.created_at,
            paid_at: payment.paid_at,
        }
    }
}

/// A page of payments.
#[derive(Serialize, ToSchema)]
pub struct PaymentListBody {
    /// Those of the latest checkouts first.
    pub payments: Vec<PaymentBody>,
    /// Where the page stands in the list.
    pub pagination: Pagination,
}
