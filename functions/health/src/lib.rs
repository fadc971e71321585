//! `/api/health`: the state of the API.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | anyone | answers 200 if the API is up; `deep=true` also checks the table |

use shared::http::Routes;
use shared::routes;
use shared::store::Probe;

mod get;

shared::deps! {
    pub struct Deps {
        probe: Probe,
    }
}

/// Returns the operations at this function's path.
pub fn routes<R: Routes<Deps>>() -> R {
    R::default().routes(routes!(get::get))
}
