//! `/api/search`: finds problems by parts of their names.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | anyone | finds problems |

use axum::extract::FromRef;
use shared::config::ConfigError;
use shared::http::CursorKey;
use shared::store::ProblemSearch;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod search;

pub use search::missing_query;

/// The function's dependencies.
#[derive(Clone, FromRef)]
pub struct Deps {
    problems: ProblemSearch,
    cursors: CursorKey,
}

impl Deps {
    /// Creates the dependencies from the environment that template.yaml sets.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self { problems: ProblemSearch::from_env()?, cursors: CursorKey::from_env()? })
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(search::search))
}
