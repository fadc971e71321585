//! `/api/webhooks/stripe`: Stripe's events about payments.
//!
//! | method | who | does |
//! |---|---|---|
//! | POST | Stripe, by its signature | records the payment of a checkout, once |

use shared::clock::Clock;
use shared::http::Routes;
use shared::routes;
use shared::store::Payments;

mod event;
mod receive;
mod signature;
mod signed;

pub use signature::{SignatureError, SigningSecrets, sign};
pub use signed::{MAX_BODY_BYTES, invalid_signature, missing_signature};

shared::deps! {
    pub struct Deps {
        payments: Payments,
        secrets: SigningSecrets,
        clock: Clock,
    }
}

/// Returns the operations at this function's path.
pub fn routes<R: Routes<Deps>>() -> R {
    R::default().routes(routes!(receive::receive))
}
