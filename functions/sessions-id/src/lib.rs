//! `/api/sessions/{id}`: one place where the user is signed in.
//!
//! | method | who | does |
//! |---|---|---|
//! | DELETE | a signed-in user | ends the session |

use axum::middleware::map_response;
use shared::auth::{AllowedOrigins, vary_by_cookie};
use shared::http::{RateLimits, Routes};
use shared::routes;
use shared::store::{Sessions, Users};

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
pub fn routes<R: Routes<Deps>>() -> R {
    R::default().routes(routes!(delete::delete)).map(|router| router.layer(map_response(vary_by_cookie)))
}
