//! `/api/webhooks/stripe`: Stripe's events about payments.
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
pub use signed::{MAX_BODY_BYTES, invalid_signature, missing_signature};

/// The function's dependencies.
#[derive(Clone, FromRef)]
pub struct Deps {
    payments: Payments,
    secrets: SigningSecrets,
    clock: Clock,
}

impl Deps {
    /// Creates the dependencies from the environment that template.yaml sets.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            payments: Payments::from_env()?,
            secrets: SigningSecrets::from_env()?,
            clock: Clock::system(),
        })
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(receive::receive))
}
