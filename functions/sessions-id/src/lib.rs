//! `/api/sessions/{id}`: one place where the user is signed in.
//!
//! | method | who | does |
//! |---|---|---|
//! | DELETE | a signed-in user | ends the session |

use axum::middleware::map_response;
use shared::auth::{AllowedOrigins, vary_by_cookie};
use shared::http::RateLimits;
use shared::store::{Sessions, Users};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod delete;

shared::deps! {
    pub struct Deps {
        users: Users,
        sessions: Sessions,
        origins: AllowedOrigins,
        limits: RateLimits,
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(delete::delete)).layer(map_response(vary_by_cookie))
}
