//! `$default`: every path that belongs to no other function. Answers 404 in the error shape of the API.

use shared::http::Routes;

/// Returns no routes, so that every path is answered with 404.
pub fn routes<R: Routes>() -> R {
    R::default()
}
