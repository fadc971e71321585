//! `/api/upload`: files in request bodies.
//!
//! | method | who | does |
//! |---|---|---|
//! | POST | a caller; an admin for any user | uploads a file of up to 4 MiB |

use shared::auth::AccessTokens;
use shared::http::{RateLimits, Routes};
use shared::objects::{Connection, Objects};
use shared::routes;
use shared::store::{Files, Users};

mod create;
mod form;

pub use form::{MAX_BODY_BYTES, file_too_large, no_file};

shared::deps! {
    pub struct Deps {
        files: Files,
        objects: Objects,
        connection: Connection,
        users: Users,
        tokens: AccessTokens,
        limits: RateLimits,
    }
}

/// Returns the operations at this function's path.
pub fn routes<R: Routes<Deps>>() -> R {
    R::default().routes(routes!(create::create))
}
