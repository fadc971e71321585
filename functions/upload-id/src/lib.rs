//! `/api/upload/{id}`: one file.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | its user, an admin | shows it, with a URL to download it from |
//! | DELETE | its user, an admin | removes it |

use shared::auth::AccessTokens;
use shared::http::{RateLimits, Routes};
use shared::objects::Objects;
use shared::routes;
use shared::store::{Files, Users};

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
pub fn routes<R: Routes<Deps>>() -> R {
    R::default().routes(routes!(get::get, delete::delete))
}
