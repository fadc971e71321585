//! `/api/search`: finds problems by parts of their names.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | anyone | finds problems |

use shared::http::{CursorKey, Routes};
use shared::routes;
use shared::store::{ProblemSearch, SecondConnection};

mod search;

pub use search::missing_query;

shared::deps! {
    pub struct Deps {
        problems: ProblemSearch,
        second: SecondConnection,
        cursors: CursorKey,
    }
}

/// Returns the operations at this function's path.
pub fn routes<R: Routes<Deps>>() -> R {
    R::default().routes(routes!(search::search))
}
