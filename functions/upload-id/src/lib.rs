//! `/api/upload/{id}`: one file.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | its user, an admin | shows it, with a URL to download it from |
//! | DELETE | its user, an admin | removes it |

use axum::extract::FromRef;
use shared::auth::AccessTokens;
use shared::config::ConfigError;
use shared::http::RateLimits;
use shared::objects::Objects;
use shared::store::Files;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod access;
mod delete;
mod get;

/// The function's dependencies.
#[derive(Clone, FromRef)]
pub struct Deps {
    files: Files,
    objects: Objects,
    tokens: AccessTokens,
    limits: RateLimits,
}

impl Deps {
    /// Creates the dependencies from the environment that template.yaml sets.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            files: Files::from_env()?,
            objects: Objects::from_env()?,
            tokens: AccessTokens::from_env()?,
            limits: RateLimits::from_env()?,
        })
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(get::get, delete::delete))
}
