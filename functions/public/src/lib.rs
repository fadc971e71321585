//! `/api/public`: the public description of the API, which may be cached for an hour.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | anyone | shows name, version, documentation and limits |

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod get;

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(get::get))
}
