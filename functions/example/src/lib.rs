//! `/api/example`: returns the content of requests, for authors of clients.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | anyone | returns query, headers and cookies |
//! | POST | anyone | also returns the body: a JSON object or a form, with or without files |

use shared::config::ConfigError;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod create;
mod echo;
mod get;

pub use create::MAX_FORM_BYTES;

/// The function's dependencies: none.
#[derive(Clone)]
pub struct Deps;

impl Deps {
    /// Needs nothing from the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self)
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(get::get, create::create))
}
