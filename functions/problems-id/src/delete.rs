use axum::extract::State;
use axum::http::StatusCode;
use shared::auth::Caller;
use shared::domain::ProblemId;
use shared::http::{Code, Error, PathId, Preconditions, QuotaPolicy, RateLimits, Validators, WriteParams};
use shared::store::{Problems, Users, retry_stale};

/// Remove a problem
///
/// Searches no longer find it. Only the author and admins can do this.
#[utoipa::path(
    delete,
    path = "/api/problems/{id}",
    tag = "problems",
    operation_id = "deleteProblem",
    params(("id" = ProblemId, Path), WriteParams),
    responses((status = 204, description = "The problem is removed.")),
    security(("accessToken" = [])),
    extensions(("x-codes" = json!([Code::Forbidden]))),
)]
pub(crate) async fn delete(
    State(problems): State<Problems>,
    State(users): State<Users>,
    State(limits): State<RateLimits>,
    caller: Caller,
    PathId(id): PathId<ProblemId>,
    preconditions: Preconditions,
) -> Result<StatusCode, Error> {
    limits.take(QuotaPolicy::WRITE, caller.id).await?;
    retry_stale(async || {
        let problem = crate::access::manageable(problems.get_latest(id).await?, caller, &users).await?;
        preconditions.require(&Validators::of(problem.revision))?;
        Ok::<_, Error>(problems.delete(&problem).await?)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
