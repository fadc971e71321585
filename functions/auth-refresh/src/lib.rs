//! `/api/auth/refresh`: new tokens for a refresh token.
//!
//! | method | who | does |
//! |---|---|---|
//! | POST | the bearer of a refresh token | replaces it by its successor |

use shared::auth::{AccessTokenIssuer, RefreshTokens};
use shared::store::Users;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod refresh;

shared::deps! {
    pub struct Deps {
        users: Users,
        access: AccessTokenIssuer,
        refresh: RefreshTokens,
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(refresh::refresh))
}
