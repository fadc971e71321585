//! `/api/auth/register`: new accounts.
//!
//! | method | who | does |
//! |---|---|---|
//! | POST | anyone, limited | creates an account and signs in with it |

use shared::auth::{AccessTokenIssuer, Passwords, RefreshTokens};
use shared::http::{RateLimits, Routes};
use shared::routes;
use shared::store::{Outbox, Users};

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
pub fn routes<R: Routes<Deps>>() -> R {
    R::default().routes(routes!(create::create))
}
