//! `/api/health`: the state of the API.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | anyone | answers 200 if the API is up; `deep=true` also checks the table |

use axum::extract::FromRef;
use shared::config::ConfigError;
use shared::store::Table;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod get;

/// The function's dependencies.
#[derive(Clone, FromRef)]
pub struct Deps {
    table: Table,
}

impl Deps {
    /// Creates the dependencies from the environment that template.yaml sets.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self { table: Table::from_env()? })
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(get::get))
}
