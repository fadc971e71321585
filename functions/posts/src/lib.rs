//! `/api/posts`: the posts.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | anyone | lists published posts; with `mine=true` all posts of the caller |
//! | POST | a caller | adds one |

use shared::auth::AccessTokens;
use shared::http::{CursorKey, RateLimits, Routes};
use shared::routes;
use shared::store::{Posts, SecondConnection};

mod create;
mod list;

shared::deps! {
    pub struct Deps {
        posts: Posts,
        second: SecondConnection,
        tokens: AccessTokens,
        cursors: CursorKey,
        limits: RateLimits,
    }
}

/// Returns the operations at this function's path.
pub fn routes<R: Routes<Deps>>() -> R {
    R::default().routes(routes!(list::list, create::create))
}
