//! `/api/auth/login`: tokens for an account.
//!
//! | method | who | does |
//! |---|---|---|
//! | POST | anyone, limited | signs in with e-mail address and password |

use shared::auth::{AccessTokenIssuer, Passwords, RefreshTokens};
use shared::http::RateLimits;
use shared::store::Users;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod login;

shared::deps! {
    pub struct Deps {
        users: Users,
        passwords: Passwords,
        access: AccessTokenIssuer,
        refresh: RefreshTokens,
        limits: RateLimits,
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(login::login))
}
