//! `/api/auth/login`: tokens for an account.
//!
//! | method | who | does |
//! |---|---|---|
//! | POST | anyone, limited | signs in with e-mail address and password |

use shared::auth::{AccessTokenIssuer, Passwords, RefreshTokens};
use shared::http::{RateLimits, Routes};
use shared::routes;
use shared::store::Users;

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
pub fn routes<R: Routes<Deps>>() -> R {
    R::default().routes(routes!(login::login))
}
