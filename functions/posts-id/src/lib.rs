//! `/api/posts/{id}`: one post.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | anyone; a draft: its author, an admin | shows it |
//! | PUT, PATCH | its author, an admin | replaces, changes it |
//! | DELETE | its author, an admin | removes it |

use axum::extract::FromRef;
use shared::auth::AccessTokens;
use shared::config::ConfigError;
use shared::http::RateLimits;
use shared::store::Posts;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod access;
mod delete;
mod get;
mod replace;
mod update;

/// The function's dependencies.
#[derive(Clone, FromRef)]
pub struct Deps {
    posts: Posts,
    tokens: AccessTokens,
    limits: RateLimits,
}

impl Deps {
    /// Creates the dependencies from the environment that template.yaml sets.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            posts: Posts::from_env()?,
            tokens: AccessTokens::from_env()?,
            limits: RateLimits::from_env()?,
        })
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(get::get, replace::replace, update::update, delete::delete))
}
