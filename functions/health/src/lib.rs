//! `/api/health`: whether the API is up.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | anyone | says so; `deep=true` after it has reached the table too |

use axum::extract::FromRef;
use shared::config::ConfigError;
use shared::store::Table;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod get;

/// What the function needs.
#[derive(Clone, FromRef)]
pub struct Deps {
    table: Table,
}

impl Deps {
    /// All of it, as template.yaml sets the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self { table: Table::from_env()? })
    }
}

/// The operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(get::get))
}
