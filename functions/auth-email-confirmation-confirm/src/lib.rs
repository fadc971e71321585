//! `/api/auth/email-confirmation/confirm`: the confirmation of addresses.
//!
//! | method | who | does |
//! |---|---|---|
//! | POST | the bearer of a link | confirms the address |

use shared::http::Routes;
use shared::routes;
use shared::store::{Mails, Users};

mod confirm;

shared::deps! {
    pub struct Deps {
        mails: Mails,
        users: Users,
    }
}

/// Returns the operations at this function's path.
pub fn routes<R: Routes<Deps>>() -> R {
    R::default().routes(routes!(confirm::confirm))
}
