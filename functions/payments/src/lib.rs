//! `/api/payments`: the caller's payments.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | a caller | lists the caller's payments |

use shared::auth::AccessTokens;
use shared::http::{CursorKey, Routes};
use shared::routes;
use shared::store::{Payments, SecondConnection, Users};

mod list;

shared::deps! {
    pub struct Deps {
        payments: Payments,
        second: SecondConnection,
        users: Users,
        tokens: AccessTokens,
        cursors: CursorKey,
    }
}

/// Returns the operations at this function's path.
pub fn routes<R: Routes<Deps>>() -> R {
    R::default().routes(routes!(list::list))
}
