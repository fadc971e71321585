//! `/api/search`: the problems by parts of their names.
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

/// What the function needs.
#[derive(Clone, FromRef)]
pub struct Deps {
    problems: ProblemSearch,
    cursors: CursorKey,
}

impl Deps {
    /// All of it, as template.yaml sets the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self { problems: ProblemSearch::from_env()?, cursors: CursorKey::from_env()? })
    }
}

/// The operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(search::search))
}
