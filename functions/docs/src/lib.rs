//! `/api/docs`: the API's description, for people and for programs.
//!
//! | method and path | who | does |
//! |---|---|---|
//! | GET /api/docs | anyone | the page: Swagger UI |
//! | GET /api/docs/{file} | anyone | the page's files, none of which comes from another server; pages for links in mails |
//! | GET /api/openapi.json | anyone | the OpenAPI document, as committed |

use shared::http::Routes;
use shared::routes;

mod asset;
mod document;
mod file;
mod page;

/// Returns the operations at this function's paths.
pub fn routes<R: Routes>() -> R {
    R::default().routes(routes!(page::page)).routes(routes!(asset::asset)).routes(routes!(document::document))
}
