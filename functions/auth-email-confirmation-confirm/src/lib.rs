//! `/api/auth/email-confirmation/confirm`: the confirmation of addresses.
//!
//! | method | who | does |
//! |---|---|---|
//! | POST | the bearer of a link | confirms the address |

use shared::store::{Mails, Users};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod confirm;

shared::deps! {
    pub struct Deps {
        mails: Mails,
        users: Users,
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(confirm::confirm))
}
