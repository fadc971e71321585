//! `/api/auth/logout`: the end of a refresh token and its successors.
//!
//! | method | who | does |
//! |---|---|---|
//! | POST | the bearer of a refresh token | ends its family |

use axum::extract::FromRef;
use shared::auth::RefreshTokens;
use shared::config::ConfigError;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod logout;

/// The function's dependencies.
#[derive(Clone, FromRef)]
pub struct Deps {
    refresh: RefreshTokens,
}

impl Deps {
    /// Creates the dependencies from the environment that template.yaml sets.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self { refresh: RefreshTokens::from_env()? })
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(logout::logout))
}
