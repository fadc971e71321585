use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{CheckoutSessionId, Currency, Payment, PaymentIntentId, PaymentStatus, Timestamp};
use crate::http::Pagination;

/// A payment, as the payer sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Payment)]
pub struct PaymentBody {
    id: CheckoutSessionId,
    /// The amount in the smallest unit of the currency: 1999 is 19.99 EUR, or 1999 JPY.
    #[schema(example = 1999)]
    amount_total: u64,
    currency: Currency,
    payment_status: PaymentStatus,
    /// `true` for real money, `false` for a payment in Stripe's test mode.
    #[schema(example = true)]
    livemode: bool,
    /// The id of the payment at Stripe. A subscription has none.
    #[schema(required)]
    payment_intent: Option<PaymentIntentId>,
    /// The time when the checkout was created.
    created_at: Timestamp,
    /// The time when Stripe registered that the checkout was paid.
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
#[schema(as = PaymentList)]
pub struct PaymentListBody {
    /// The payments of the page, the latest checkouts first.
    pub payments: Vec<PaymentBody>,
    /// The position of the page in the list.
    pub pagination: Pagination,
}
