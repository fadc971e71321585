//! `/api/users`: the users.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | an admin | lists them, newest first |
//! | POST | an admin | adds one |

use shared::auth::AccessTokens;
use shared::http::{CursorKey, RateLimits, Routes};
use shared::routes;
use shared::store::{Outbox, SecondConnection, Users};

mod create;
mod list;

shared::deps! {
    pub struct Deps {
        users: Users,
        second: SecondConnection,
        tokens: AccessTokens,
        cursors: CursorKey,
        limits: RateLimits,
        outbox: Outbox,
    }
}

/// Returns the operations at this function's path.
pub fn routes<R: Routes<Deps>>() -> R {
    R::default().routes(routes!(list::list, create::create))
}
