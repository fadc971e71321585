//! `/api/public`: what everybody may know of the API, and keep for an hour.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | anyone | shows name, version, documentation and limits |

use shared::config::ConfigError;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod get;

/// What the function needs: nothing.
#[derive(Clone)]
pub struct Deps;

impl Deps {
    /// Nothing.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self)
    }
}

/// The operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(get::get))
}
