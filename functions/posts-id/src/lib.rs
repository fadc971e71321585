//! `/api/posts/{id}`: one post.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | anyone; a draft: its author, an admin | shows it |
//! | PUT, PATCH | its author, an admin | replaces, changes it |
//! | DELETE | its author, an admin | removes it |

use shared::auth::AccessTokens;
use shared::http::{RateLimits, Routes};
use shared::routes;
use shared::store::{Posts, Users};

mod access;
mod delete;
mod get;
mod replace;
mod update;

shared::deps! {
    pub struct Deps {
        posts: Posts,
        users: Users,
        tokens: AccessTokens,
        limits: RateLimits,
    }
}

/// Returns the operations at this function's path.
pub fn routes<R: Routes<Deps>>() -> R {
    R::default().routes(routes!(get::get, replace::replace, update::update, delete::delete))
}
