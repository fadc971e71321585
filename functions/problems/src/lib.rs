//! `/api/problems`: the problems.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | anyone | lists them |
//! | POST | a caller | adds one |

use shared::auth::AccessTokens;
use shared::http::{CursorKey, RateLimits, Routes};
use shared::routes;
use shared::store::{Problems, SecondConnection};

mod create;
mod list;

shared::deps! {
    pub struct Deps {
        problems: Problems,
        second: SecondConnection,
        tokens: AccessTokens,
        cursors: CursorKey,
        limits: RateLimits,
    }
}

/// Returns the operations at this function's path.
pub fn routes<R: Routes<Deps>>() -> R {
    R::default().routes(routes!(list::list, create::create))
}
