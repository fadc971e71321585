//! `/api/auth/password-reset/confirm`: new passwords for those who forgot theirs.
//!
//! | method | who | does |
//! |---|---|---|
//! | POST | the bearer of a link | sets the password |

use shared::auth::Passwords;
use shared::store::{Mails, Users};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod confirm;

shared::deps! {
    pub struct Deps {
        mails: Mails,
        users: Users,
        passwords: Passwords,
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(confirm::confirm))
}
