//! `/api/problems/{id}`: one problem.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | anyone | shows it |
//! | PUT, PATCH | its author, an admin | replaces, changes it |
//! | DELETE | its author, an admin | removes it |

use shared::auth::AccessTokens;
use shared::http::{RateLimits, Routes};
use shared::routes;
use shared::store::{Problems, Users};

mod access;
mod delete;
mod get;
mod replace;
mod update;

shared::deps! {
    pub struct Deps {
        problems: Problems,
        users: Users,
        tokens: AccessTokens,
        limits: RateLimits,
    }
}

/// Returns the operations at this function's path.
pub fn routes<R: Routes<Deps>>() -> R {
    R::default().routes(routes!(get::get, replace::replace, update::update, delete::delete))
}
