//! `/api/payments`: the caller's payments.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | a caller | lists the caller's payments |

use shared::auth::AccessTokens;
use shared::http::CursorKey;
use shared::store::{Payments, Users};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod list;

shared::deps! {
    pub struct Deps {
        payments: Payments,
        users: Users,
        tokens: AccessTokens,
        cursors: CursorKey,
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(list::list))
}
