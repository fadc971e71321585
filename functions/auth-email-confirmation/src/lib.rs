//! `/api/auth/email-confirmation`: mails that confirm addresses.
//!
//! | method | who | does |
//! |---|---|---|
//! | POST | anyone, limited | sends the link again |

use shared::http::{RateLimits, Routes};
use shared::routes;
use shared::store::Mails;

mod create;

shared::deps! {
    pub struct Deps {
        mails: Mails,
        limits: RateLimits,
    }
}

/// Returns the operations at this function's path.
pub fn routes<R: Routes<Deps>>() -> R {
    R::default().routes(routes!(create::create))
}
