//! `$default`: every path that no other function has. Answers 404 in the error shape of the API.

use shared::config::ConfigError;
use utoipa_axum::router::OpenApiRouter;

/// What the function needs: nothing.
#[derive(Clone)]
pub struct Deps;

impl Deps {
    /// Nothing.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self)
    }
}

/// No path at all, so that each is answered as one that is not there.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
}
