//! `/api/users/{id}`: one user.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | a caller | shows it |
//! | PUT, PATCH | the user, an admin | replaces, changes it |
//! | DELETE | the user, an admin | removes it |

use shared::auth::AccessTokens;
use shared::http::{RateLimits, Routes};
use shared::routes;
use shared::store::{Outbox, Users};

mod access;
mod delete;
mod get;
mod replace;
mod update;

shared::deps! {
    pub struct Deps {
        users: Users,
        tokens: AccessTokens,
        limits: RateLimits,
        outbox: Outbox,
    }
}

/// Returns the operations at this function's path.
pub fn routes<R: Routes<Deps>>() -> R {
    R::default().routes(routes!(get::get, replace::replace, update::update, delete::delete))
}
