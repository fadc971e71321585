//! `/api/upload`: files in request bodies.
//!
//! | method | who | does |
//! |---|---|---|
//! | POST | a caller; an admin for any user | uploads a file of up to 4 MiB |

use axum::extract::FromRef;
use shared::auth::AccessTokens;
use shared::config::ConfigError;
use shared::http::RateLimits;
use shared::objects::Objects;
use shared::store::{Files, Users};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod create;
mod form;

pub use form::{MAX_BODY_BYTES, file_too_large, no_file};

/// The function's dependencies.
#[derive(Clone, FromRef)]
pub struct Deps {
    files: Files,
    objects: Objects,
    users: Users,
    tokens: AccessTokens,
    limits: RateLimits,
}

impl Deps {
    /// Creates the dependencies from the environment that template.yaml sets.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            files: Files::from_env()?,
            objects: Objects::from_env()?,
            users: Users::from_env()?,
            tokens: AccessTokens::from_env()?,
            limits: RateLimits::from_env()?,
        })
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(create::create))
}
