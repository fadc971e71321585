//! `/.well-known/jwks.json`: the public keys with which anybody can verify access tokens.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | anyone | lists the keys |

use shared::clock::Clock;
use shared::http::Routes;
use shared::routes;
use shared::store::TokenKeys;

mod get;

shared::deps! {
    pub struct Deps {
        keys: TokenKeys,
        clock: Clock,
    }
}

/// Returns the operations at this function's path.
pub fn routes<R: Routes<Deps>>() -> R {
    R::default().routes(routes!(get::get))
}
