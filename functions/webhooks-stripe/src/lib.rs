//! `/api/webhooks/stripe`: what Stripe tells of payments.
//!
//! | method | who | does |
//! |---|---|---|
//! | POST | Stripe, by its signature | records the payment of a checkout, once |

use axum::extract::FromRef;
use shared::clock::Clock;
use shared::config::ConfigError;
use shared::store::Payments;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod event;
mod receive;
mod signature;
mod signed;

pub use signature::{SignatureError, SigningSecrets, sign};
pub use signed::MAX_BODY_BYTES;

/// What the function needs.
#[derive(Clone, FromRef)]
pub struct Deps {
    payments: Payments,
    secrets: SigningSecrets,
    clock: Clock,
}

impl Deps {
    /// All of it, as template.yaml sets the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            payments: Payments::from_env()?,
            secrets: SigningSecrets::from_env()?,
            clock: Clock::system(),
        })
    }
}

/// The operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(receive::receive))
}
