//! `/api/auth/register`: new accounts.
//!
//! | method | who | does |
//! |---|---|---|
//! | POST | anyone, limited | makes an account and signs in with it |

use axum::extract::FromRef;
use shared::auth::{AccessTokens, Passwords, RefreshTokens};
use shared::config::ConfigError;
use shared::http::RateLimits;
use shared::store::Users;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod create;

/// What the function needs.
#[derive(Clone, FromRef)]
pub struct Deps {
    users: Users,
    passwords: Passwords,
    access: AccessTokens,
    refresh: RefreshTokens,
    limits: RateLimits,
}

impl Deps {
    /// All of it, as template.yaml sets the environment.
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

/// The operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(create::create))
}
