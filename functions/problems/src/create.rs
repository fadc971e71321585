use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use shared::api::{ProblemBody, ProblemInput};
use shared::auth::Caller;
use shared::http::{Error, IdempotencyParams, Idempotent, QuotaPolicy, RateLimits, Replayed};
use shared::store::Problems;

/// Pose a problem
///
/// The caller becomes its author. Several problems can have the same name.
#[utoipa::path(
    post,
    path = "/api/problems",
    tag = "problems",
    operation_id = "createProblem",
    params(IdempotencyParams),
    request_body = ProblemInput,
    responses(
        (status = 201, description = "The new problem.", body = ProblemBody, headers(("ETag"), ("Last-Modified"))),
    ),
    security(("accessToken" = [])),
)]
pub(crate) async fn create(
    State(problems): State<Problems>,
    State(limits): State<RateLimits>,
    caller: Caller,
    Idempotent { input, key }: Idempotent<ProblemInput>,
) -> Result<impl IntoResponse, Error> {
    limits.take(QuotaPolicy::WRITE, caller.id).await?;
    let record = key.map(|key| key.record("problems", caller.id));
    let (problem, replayed) = problems.create(caller.id, input.into(), record.as_ref()).await?.into_parts();
    let location = format!("/api/problems/{}", problem.id);
    Ok((StatusCode::CREATED, Replayed(replayed), [(LOCATION, location)], ProblemBody::resource(problem)))
}
