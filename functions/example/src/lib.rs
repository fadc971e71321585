//! `/api/example`: what a request carried, for those who write a client.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | anyone | shows query, headers and cookies |
//! | POST | anyone | shows the body, too: a JSON object or a form, also one with files |

use shared::config::ConfigError;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod create;
mod echo;
mod get;

pub use create::MAX_FORM_BYTES;

/// What the function needs: nothing.
#[derive(Clone)]
pub struct Deps;

impl Deps {
    /// Nothing.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self)
    }
}

/// The operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(get::get, create::create))
}
