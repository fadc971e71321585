//! `/api/public`: the public description of the API, which may be cached for an hour.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | anyone | shows name, version, documentation and limits |

use shared::http::Routes;
use shared::routes;

mod get;

/// Returns the operations at this function's path.
pub fn routes<R: Routes>() -> R {
    R::default().routes(routes!(get::get))
}
