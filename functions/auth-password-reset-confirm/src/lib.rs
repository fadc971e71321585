//! `/api/auth/password-reset/confirm`: new passwords for those who forgot theirs.
//!
//! | method | who | does |
//! |---|---|---|
//! | POST | the bearer of a link | sets the password |

use shared::auth::Passwords;
use shared::http::Routes;
use shared::routes;
use shared::store::{Mails, Users};

mod confirm;

shared::deps! {
    pub struct Deps {
        mails: Mails,
        users: Users,
        passwords: Passwords,
    }
}

/// Returns the operations at this function's path.
pub fn routes<R: Routes<Deps>>() -> R {
    R::default().routes(routes!(confirm::confirm))
}
