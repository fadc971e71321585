//! The parts of this API that do not belong to the emulator: stubs of the services that its functions call, and the shape
//! of its errors.

pub(crate) mod too_large;

mod stub;
mod weather_stub;

pub use stub::Stub;

use crate::template::{Template, Variable};

/// The page at which a browser can read and try the API.
pub(crate) const DOCS_PAGE: &str = "/api/docs";

/// The stubs of services that need a key.
pub const STUBS: &[Stub] = &[weather_stub::STUB];

/// Reports whether a template declares this API's accounts: a function that signs tokens and knows the first table.
///
/// Any other template has no administrator, and errors of its own.
pub(crate) fn has_accounts(template: &Template) -> bool {
    let Some(table) = template.tables.first() else { return false };
    template.functions.iter().any(|function| {
        let variables = &function.variables;
        variables.get("ACCESS_TOKEN_SECRET") == Some(&Variable::Secret)
            && variables.get("TABLE_NAME") == Some(&Variable::Plain(table.name.clone()))
    })
}
