//! `/api/auth/logout`: the end of a refresh token and its successors.
//!
//! | method | who | does |
//! |---|---|---|
//! | POST | the bearer of a refresh token | ends its family |

use shared::auth::RefreshTokens;
use shared::http::Routes;
use shared::routes;

mod logout;

shared::deps! {
    pub struct Deps {
        refresh: RefreshTokens,
    }
}

/// Returns the operations at this function's path.
pub fn routes<R: Routes<Deps>>() -> R {
    R::default().routes(routes!(logout::logout))
}
