//! `/api/auth/email-confirmation`: mails that confirm addresses.
//!
//! | method | who | does |
//! |---|---|---|
//! | POST | anyone, limited | sends the link again |

use shared::http::RateLimits;
use shared::store::Mails;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod create;

shared::deps! {
    pub struct Deps {
        mails: Mails,
        limits: RateLimits,
    }
}

/// Returns the operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(create::create))
}
