//! `/api/example`: returns the content of requests, for authors of clients.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | anyone | returns query, headers and cookies |
//! | POST | anyone | also returns the body: a JSON object or a form, with or without files |

use shared::http::Routes;
use shared::routes;

mod create;
mod echo;
mod get;

pub use create::MAX_FORM_BYTES;

/// Returns the operations at this function's path.
pub fn routes<R: Routes>() -> R {
    R::default().routes(routes!(get::get, create::create))
}
