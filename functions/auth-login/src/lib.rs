//! `/api/auth/login`: tokens for an account.
//!
//! | method | who | does |
//! |---|---|---|
//! | POST | anyone, limited | signs in with e-mail address and password |

use axum::extract::FromRef;
use shared::auth::{AccessTokens, Passwords, RefreshTokens};
use shared::config::ConfigError;
use shared::http::RateLimits;
use shared::store::Users;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod login;

/// The function's dependencies.
#[derive(Clone, FromRef)]
pub struct Deps {
    users: Users,
    passwords: Passwords,
    access: AccessTokens,
    refresh: RefreshTokens,
    limits: RateLimits,
}

impl Deps {
    /// Creates the dependencies from the environment that template.yaml sets.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            users: Users::from_env()?,
            passwords: Passwords::system(),
            access: AccessTokens::from_env()?,
            refresh: RefreshTokens::from_env()?,
            limits: RateLimits::from_env()?,
        })
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(login::login))
}
