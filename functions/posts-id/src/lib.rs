//! `/api/posts/{id}`: one post.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | anyone; a draft: its author, an admin | shows it |
//! | PUT, PATCH | its author, an admin | replaces, changes it |
//! | DELETE | its author, an admin | removes it |

use shared::auth::AccessTokens;
use shared::http::RateLimits;
use shared::store::{Posts, Users};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(get::get, replace::replace, update::update, delete::delete))
}
