//! `/api/protected`: the account of the access token.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | a caller | shows the caller's own account |

use shared::auth::AccessTokens;
use shared::http::Routes;
use shared::routes;
use shared::store::Users;

mod get;

shared::deps! {
    pub struct Deps {
        users: Users,
        tokens: AccessTokens,
    }
}

/// Returns the operations at this function's path.
pub fn routes<R: Routes<Deps>>() -> R {
    R::default().routes(routes!(get::get))
}
