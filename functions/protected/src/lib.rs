//! `/api/protected`: the account of the access token.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | a caller | shows the caller's own account |

use axum::extract::FromRef;
use shared::auth::AccessTokens;
use shared::config::ConfigError;
use shared::store::Users;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod get;

/// The function's dependencies.
#[derive(Clone, FromRef)]
pub struct Deps {
    users: Users,
    tokens: AccessTokens,
}

impl Deps {
    /// Creates the dependencies from the environment that template.yaml sets.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self { users: Users::from_env()?, tokens: AccessTokens::from_env()? })
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(get::get))
}
