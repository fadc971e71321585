//! `/api/stream` and `/api/stream/posts`, at the function's own URL: streamed answers.
//!
//! | method and path | who | does |
//! |---|---|---|
//! | GET /api/stream | anyone | says `Hello World` in three pieces |
//! | GET /api/stream/posts | anyone | lists all published posts, one a line, in constant memory |

use shared::http::Routes;
use shared::routes;
use shared::store::Posts;

mod get;
mod posts;

shared::deps! {
    pub struct Deps {
        posts: Posts,
    }
}

/// Returns the operations at this function's URL.
pub fn routes<R: Routes<Deps>>() -> R {
    R::default().at_function_url("stream").routes(routes!(get::get)).routes(routes!(posts::posts))
}
