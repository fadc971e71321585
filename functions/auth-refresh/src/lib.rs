//! `/api/auth/refresh`: new tokens for an old one.
//!
//! | method | who | does |
//! |---|---|---|
//! | POST | the bearer of a refresh token | puts its successor in its place |

use axum::extract::FromRef;
use shared::auth::{AccessTokens, RefreshTokens};
use shared::config::ConfigError;
use shared::store::Users;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod refresh;

/// What the function needs.
#[derive(Clone, FromRef)]
pub struct Deps {
    users: Users,
    access: AccessTokens,
    refresh: RefreshTokens,
}

impl Deps {
    /// All of it, as template.yaml sets the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            users: Users::from_env()?,
            access: AccessTokens::from_env()?,
            refresh: RefreshTokens::from_env()?,
        })
    }
}

/// The operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(refresh::refresh))
}
