//! `/api/profile`: the user who is signed in with the session's cookie.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | a signed-in user | shows the user |
//! | PUT | a signed-in user | changes the user's name, address and password |

use axum::middleware::map_response;
use shared::auth::{AllowedOrigins, Passwords, vary_by_cookie};
use shared::http::{RateLimits, Routes};
use shared::routes;
use shared::store::{Outbox, Sessions, Users};

mod get;
mod update;

shared::deps! {
    pub struct Deps {
        users: Users,
        sessions: Sessions,
        passwords: Passwords,
        origins: AllowedOrigins,
        limits: RateLimits,
        outbox: Outbox,
    }
}

/// Returns the operations at this function's path.
pub fn routes<R: Routes<Deps>>() -> R {
    R::default()
        .routes(routes!(get::get, update::update))
        .map(|router| router.layer(map_response(vary_by_cookie)))
}
