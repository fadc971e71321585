use axum::extract::State;
use axum::response::IntoResponse;
use shared::api::{ProblemBody, ProblemPatch};
use shared::auth::Caller;
use shared::domain::ProblemId;
use shared::http::{
    Code, Error, Json, PathId, Preconditions, QuotaPolicy, RateLimits, Validators, WriteParams,
};
use shared::store::{Problems, Users, retry_stale};

/// Change a problem
///
/// A JSON merge patch: members that are missing in the body stay as they are. Only the author and admins can do this.
#[utoipa::path(
    patch,
    path = "/api/problems/{id}",
    tag = "problems",
    operation_id = "updateProblem",
    params(("id" = ProblemId, Path), WriteParams),
    request_body(content((ProblemPatch = "application/merge-patch+json"), (ProblemPatch = "application/json"))),
    responses((status = 200, description = "The new version of the problem.", body = ProblemBody)),
    security(("accessToken" = [])),
    extensions(("x-codes" = json!([Code::Forbidden]))),
)]
pub(crate) async fn update(
    State(problems): State<Problems>,
    State(users): State<Users>,
    State(limits): State<RateLimits>,
    caller: Caller,
    PathId(id): PathId<ProblemId>,
    preconditions: Preconditions,
    Json(input): Json<ProblemPatch>,
) -> Result<impl IntoResponse, Error> {
    limits.take(QuotaPolicy::WRITE, caller.id).await?;
    let problem = retry_stale(async || {
        let problem = crate::access::manageable(problems.get_latest(id).await?, caller, &users).await?;
        preconditions.require(&Validators::of(problem.revision))?;
        Ok::<_, Error>(problems.replace(&problem, input.apply(&problem.attributes)).await?)
    })
    .await?;
    Ok(ProblemBody::resource(problem))
}
