//! `/api/health`: the state of the API.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | anyone | answers 200 if the API is up; `deep=true` also checks the table |

use shared::store::Table;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod get;

shared::deps! {
    pub struct Deps {
        table: Table,
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(get::get))
}
