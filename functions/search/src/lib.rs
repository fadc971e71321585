//! `/api/search`: finds problems by parts of their names.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | anyone | finds problems |

use shared::http::CursorKey;
use shared::store::ProblemSearch;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod search;

pub use search::missing_query;

shared::deps! {
    pub struct Deps {
        problems: ProblemSearch,
        cursors: CursorKey,
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(search::search))
}
