//! `/api/payments`: the caller's payments.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | a caller | lists the caller's payments |

use axum::extract::FromRef;
use shared::auth::AccessTokens;
use shared::config::ConfigError;
use shared::http::CursorKey;
use shared::store::{Payments, Users};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod list;

/// The function's dependencies.
#[derive(Clone, FromRef)]
pub struct Deps {
    payments: Payments,
    users: Users,
    tokens: AccessTokens,
    cursors: CursorKey,
}

impl Deps {
    /// Creates the dependencies from the environment that template.yaml sets.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            payments: Payments::from_env()?,
            users: Users::from_env()?,
            tokens: AccessTokens::from_env()?,
            cursors: CursorKey::from_env()?,
        })
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(list::list))
}
