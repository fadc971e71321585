//! `$default`: every path that belongs to no other function. Answers 404 in the error shape of the API.

use shared::config::ConfigError;
use utoipa_axum::router::OpenApiRouter;

/// The function's dependencies: none.
#[derive(Clone)]
pub struct Deps;

impl Deps {
    /// Needs nothing from the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self)
    }
}

/// Returns no routes, so that every path is answered with 404.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
}
