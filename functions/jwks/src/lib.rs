//! `/.well-known/jwks.json`: the public keys with which anybody can verify access tokens.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | anyone | lists the keys |

use shared::clock::Clock;
use shared::store::TokenKeys;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod get;

shared::deps! {
    pub struct Deps {
        keys: TokenKeys,
        clock: Clock,
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(get::get))
}
