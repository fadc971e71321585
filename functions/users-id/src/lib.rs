//! `/api/users/{id}`: one user.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | a caller | shows it |
//! | PUT, PATCH | the user, an admin | replaces, changes it |
//! | DELETE | the user, an admin | removes it |

use axum::extract::FromRef;
use shared::auth::{AccessTokens, Caller};
use shared::config::ConfigError;
use shared::domain::UserId;
use shared::http::{Error, RateLimits};
use shared::store::Users;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod delete;
mod get;
mod replace;
mod update;

/// What the function needs.
#[derive(Clone, FromRef)]
pub struct Deps {
    users: Users,
    tokens: AccessTokens,
    limits: RateLimits,
}

impl Deps {
    /// All of it, as template.yaml sets the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            users: Users::from_env()?,
            tokens: AccessTokens::from_env()?,
            limits: RateLimits::from_env()?,
        })
    }
}

/// The operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(get::get, replace::replace, update::update, delete::delete))
}

/// That the caller may change the user with this id.
fn allow(caller: Caller, id: UserId) -> Result<(), Error> {
    if caller.manages(id) { Ok(()) } else { Err(Error::Forbidden("Only the user and admins may do this")) }
}
