//! `/api/stream` and `/api/stream/posts`, at the function's own URL: answers that are sent as they are made.
//!
//! | method and path | who | does |
//! |---|---|---|
//! | GET /api/stream | anyone | says `Hello World` in three pieces |
//! | GET /api/stream/posts | anyone | lists all published posts, a line each, in memory that does not grow with them |

use axum::extract::FromRef;
use shared::config::ConfigError;
use shared::http::function_url_routes;
use shared::store::Posts;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod get;
mod posts;

/// What the function needs.
#[derive(Clone, FromRef)]
pub struct Deps {
    posts: Posts,
}

impl Deps {
    /// All of it, as template.yaml sets the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self { posts: Posts::from_env()? })
    }
}

/// The operations at this function's URL.
pub fn routes() -> OpenApiRouter<Deps> {
    function_url_routes("stream").routes(routes!(get::get)).routes(routes!(posts::posts))
}
