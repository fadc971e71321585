use axum::extract::State;
use axum::response::IntoResponse;
use shared::api::{ProblemBody, ProblemInput};
use shared::auth::Caller;
use shared::domain::{ProblemAttributes, ProblemId};
use shared::http::{
    Code, Error, Json, PathId, Preconditions, QuotaPolicy, RateLimits, Validators, WriteParams,
};
use shared::store::{Problems, Users, retry_stale};

/// Replace a problem
///
/// Members that are missing in the body are removed. Only the author and admins can do this.
#[utoipa::path(
    put,
    path = "/api/problems/{id}",
    tag = "problems",
    operation_id = "replaceProblem",
    params(("id" = ProblemId, Path), WriteParams),
    request_body = ProblemInput,
    responses((status = 200, description = "The new version of the problem.", body = ProblemBody)),
    security(("accessToken" = [])),
    extensions(("x-codes" = json!([Code::Forbidden]))),
)]
pub(crate) async fn replace(
    State(problems): State<Problems>,
    State(users): State<Users>,
    State(limits): State<RateLimits>,
    caller: Caller,
    PathId(id): PathId<ProblemId>,
    preconditions: Preconditions,
    Json(input): Json<ProblemInput>,
) -> Result<impl IntoResponse, Error> {
    limits.take(QuotaPolicy::WRITE, caller.id).await?;
    let attributes = ProblemAttributes::from(input);
    let problem = retry_stale(async || {
        let problem = crate::access::manageable(problems.get_latest(id).await?, caller, &users).await?;
        preconditions.require(&Validators::of(problem.revision))?;
        Ok::<_, Error>(problems.replace(&problem, attributes.clone()).await?)
    })
    .await?;
    Ok(ProblemBody::resource(problem))
}
