//! `/api/auth/register`: new accounts.
//!
//! | method | who | does |
//! |---|---|---|
//! | POST | anyone, limited | creates an account and signs in with it |

use shared::auth::{AccessTokenIssuer, Passwords, RefreshTokens};
use shared::http::RateLimits;
use shared::store::{Outbox, Users};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod create;

shared::deps! {
    pub struct Deps {
        users: Users,
        passwords: Passwords,
        access: AccessTokenIssuer,
        refresh: RefreshTokens,
        limits: RateLimits,
        outbox: Outbox,
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(create::create))
}
