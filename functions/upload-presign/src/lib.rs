//! `/api/upload/presign`: files that go to S3 directly.
//!
//! | method | who | does |
//! |---|---|---|
//! | POST | a caller | returns a URL for uploading a file of up to 100 MiB |

use shared::auth::AccessTokens;
use shared::http::RateLimits;
use shared::objects::Objects;
use shared::store::Files;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(create::create))
}
