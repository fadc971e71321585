//! `/api/users`: the users.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | a caller | lists them, newest first |
//! | POST | an admin | adds one |

use axum::extract::FromRef;
use shared::auth::AccessTokens;
use shared::config::ConfigError;
use shared::http::{CursorKey, RateLimits};
use shared::store::Users;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod create;
mod list;

/// The function's dependencies.
#[derive(Clone, FromRef)]
pub struct Deps {
    users: Users,
    tokens: AccessTokens,
    cursors: CursorKey,
    limits: RateLimits,
}

impl Deps {
    /// Creates the dependencies from the environment that template.yaml sets.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            users: Users::from_env()?,
            tokens: AccessTokens::from_env()?,
            cursors: CursorKey::from_env()?,
            limits: RateLimits::from_env()?,
        })
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(list::list, create::create))
}
