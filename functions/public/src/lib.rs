//! `/api/public`: the public description of the API, which may be cached for an hour.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | anyone | shows name, version, documentation and limits |

use shared::config::ConfigError;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod get;

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
    OpenApiRouter::new().routes(routes!(get::get))
}
