//! `/api/session`: sessions by cookie.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | a signed-in user | shows the user |
//! | POST | anyone, limited | signs in and sets the cookie |
//! | DELETE | anyone | signs out |

use axum::middleware::map_response;
use shared::auth::{AllowedOrigins, Passwords, vary_by_cookie};
use shared::http::{RateLimits, Routes};
use shared::routes;
use shared::store::{Sessions, Users};

mod create;
mod delete;
mod get;

shared::deps! {
    pub struct Deps {
        users: Users,
        sessions: Sessions,
        passwords: Passwords,
        origins: AllowedOrigins,
        limits: RateLimits,
    }
}

/// Returns the operations at this function's path.
pub fn routes<R: Routes<Deps>>() -> R {
    R::default()
        .routes(routes!(get::get, create::create, delete::delete))
        .map(|router| router.layer(map_response(vary_by_cookie)))
}
