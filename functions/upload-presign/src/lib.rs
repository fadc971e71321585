//! `/api/upload/presign`: files that go to S3 directly.
//!
//! | method | who | does |
//! |---|---|---|
//! | POST | a caller | returns a URL for uploading a file of up to 100 MiB |

use shared::auth::AccessTokens;
use shared::http::{RateLimits, Routes};
use shared::objects::Objects;
use shared::routes;
use shared::store::Files;

mod create;

shared::deps! {
    pub struct Deps {
        files: Files,
        objects: Objects,
        tokens: AccessTokens,
        limits: RateLimits,
    }
}

/// Returns the operations at this function's path.
pub fn routes<R: Routes<Deps>>() -> R {
    R::default().routes(routes!(create::create))
}
