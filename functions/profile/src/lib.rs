//! `/api/profile`: the user who is signed in with the session's cookie.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | a signed-in user | shows the user |
//! | PUT | a signed-in user | changes the user's name, address and password |

use axum::middleware::map_response;
use shared::auth::{AllowedOrigins, Passwords, vary_by_cookie};
use shared::http::RateLimits;
use shared::store::{Outbox, Sessions, Users};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(get::get, update::update)).layer(map_response(vary_by_cookie))
}
