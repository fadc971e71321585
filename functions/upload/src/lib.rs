//! `/api/upload`: files that come in the request's body.
//!
//! | method | who | does |
//! |---|---|---|
//! | POST | a caller; for somebody else: an admin | uploads a file of up to 4 MiB |

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

pub use form::MAX_BODY_BYTES;

/// What the function needs.
#[derive(Clone, FromRef)]
pub struct Deps {
    files: Files,
    objects: Objects,
    users: Users,
    tokens: AccessTokens,
    limits: RateLimits,
}

impl Deps {
    /// All of it, as template.yaml sets the environment.
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

/// The operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(create::create))
}
