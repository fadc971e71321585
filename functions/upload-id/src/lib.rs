//! `/api/upload/{id}`: one file.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | its user, an admin | shows it, with a URL to download it from |
//! | DELETE | its user, an admin | removes it |

use shared::auth::AccessTokens;
use shared::http::RateLimits;
use shared::objects::Objects;
use shared::store::{Files, Users};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod access;
mod delete;
mod get;

shared::deps! {
    pub struct Deps {
        files: Files,
        objects: Objects,
        users: Users,
        tokens: AccessTokens,
        limits: RateLimits,
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(get::get, delete::delete))
}
