use axum::extract::State;
use axum::response::IntoResponse;
use shared::api::ProblemBody;
use shared::domain::ProblemId;
use shared::http::{Error, PathId, Preconditions, ReadParams};
use shared::store::Problems;

/// Show a problem
///
/// Problems are public.
#[utoipa::path(
    get,
    path = "/api/problems/{id}",
    tag = "problems",
    operation_id = "getProblem",
    params(("id" = ProblemId, Path), ReadParams),
    responses((status = 200, description = "The problem.", body = ProblemBody)),
)]
pub(crate) async fn get(
    State(problems): State<Problems>,
    PathId(id): PathId<ProblemId>,
    preconditions: Preconditions,
) -> Result<impl IntoResponse, Error> {
    let problem = problems.get(id).await?.ok_or(Error::NotFound("Problem"))?;
    ProblemBody::resource(problem).answer(&preconditions)
}
