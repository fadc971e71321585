//! `/api/protected`: the account of the access token.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | a caller | shows the caller's own account |

use shared::auth::AccessTokens;
use shared::store::Users;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod get;

shared::deps! {
    pub struct Deps {
        users: Users,
        tokens: AccessTokens,
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(get::get))
}
