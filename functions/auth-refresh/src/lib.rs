//! `/api/auth/refresh`: new tokens for a refresh token.
//!
//! | method | who | does |
//! |---|---|---|
//! | POST | the bearer of a refresh token | replaces it by its successor |

use shared::auth::{AccessTokenIssuer, RefreshTokens};
use shared::http::Routes;
use shared::routes;
use shared::store::Users;

mod refresh;

shared::deps! {
    pub struct Deps {
        users: Users,
        access: AccessTokenIssuer,
        refresh: RefreshTokens,
    }
}

/// Returns the operations at this function's path.
pub fn routes<R: Routes<Deps>>() -> R {
    R::default().routes(routes!(refresh::refresh))
}
