//! `/api/auth/refresh`: new tokens for a refresh token.
//!
//! | method | who | does |
//! |---|---|---|
//! | POST | the bearer of a refresh token | replaces it by its successor |

use axum::extract::FromRef;
use shared::auth::{AccessTokens, RefreshTokens};
use shared::config::ConfigError;
use shared::store::Users;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod refresh;

/// The function's dependencies.
#[derive(Clone, FromRef)]
pub struct Deps {
    users: Users,
    access: AccessTokens,
    refresh: RefreshTokens,
}

impl Deps {
    /// Creates the dependencies from the environment that template.yaml sets.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            users: Users::from_env()?,
            access: AccessTokens::from_env()?,
            refresh: RefreshTokens::from_env()?,
        })
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(refresh::refresh))
}
