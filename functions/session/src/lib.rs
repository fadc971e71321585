//! `/api/session`: sessions by cookie.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | a signed-in user | shows the user |
//! | POST | anyone, limited | signs in and sets the cookie |
//! | DELETE | anyone | signs out |

use axum::middleware::map_response;
use shared::auth::{AllowedOrigins, Passwords, vary_by_cookie};
use shared::http::RateLimits;
use shared::store::{Sessions, Users};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        .routes(routes!(get::get, create::create, delete::delete))
        .layer(map_response(vary_by_cookie))
}
