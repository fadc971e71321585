//! `/api/auth/logout`: the end of a refresh token and its successors.
//!
//! | method | who | does |
//! |---|---|---|
//! | POST | the bearer of a refresh token | ends its family |

use shared::auth::RefreshTokens;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod logout;

shared::deps! {
    pub struct Deps {
        refresh: RefreshTokens,
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(logout::logout))
}
