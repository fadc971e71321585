//! The right to change a problem.

use shared::auth::Caller;
use shared::domain::Problem;
use shared::http::Error;
use shared::store::Users;

/// Returns the problem if the caller may change it.
pub(crate) async fn manageable(
    problem: Option<Problem>,
    caller: Caller,
    users: &Users,
) -> Result<Problem, Error> {
    let problem = problem.ok_or(Error::NotFound("Problem"))?;
    if caller.manages(problem.author_id, users).await? {
        Ok(problem)
    } else {
        Err(Error::Forbidden("Only the author and admins may do this"))
    }
}
