use axum::extract::State;
use axum::http::StatusCode;
use shared::auth::Caller;
use shared::domain::{FileId, FileState};
use shared::http::{Error, PathId, Preconditions, QuotaPolicy, RateLimits, Validators, WriteParams};
use shared::objects::Objects;
use shared::store::{Files, Users, retry_stale};
use shared::uploads::finish_removal;

/// Remove a file
///
/// The file is no longer visible afterwards. If the response is 503, its content may still exist until the request is
/// sent again.
#[utoipa::path(
    delete,
    path = "/api/upload/{id}",
    tag = "files",
    operation_id = "deleteFile",
    params(("id" = FileId, Path), WriteParams),
    responses((status = 204, description = "The file is removed.")),
    security(("accessToken" = [])),
)]
pub(crate) async fn delete(
    State(files): State<Files>,
    State(objects): State<Objects>,
    State(users): State<Users>,
    State(limits): State<RateLimits>,
    caller: Caller,
    PathId(id): PathId<FileId>,
    preconditions: Preconditions,
) -> Result<StatusCode, Error> {
    limits.take(QuotaPolicy::WRITE, caller.id).await?;
    let file = retry_stale(async || {
        let file = crate::access::own(files.get_latest(id).await?, caller, &users).await?;
        // A removal that S3 interrupted continues, whatever version the client knows.
        if file.state == FileState::Deleting {
            return Ok(file);
        }
        preconditions.require(&Validators::of(file.revision))?;
        Ok::<_, Error>(files.begin_removal(&file).await?)
    })
    .await?;
    finish_removal(&files, &objects, &file).await?;
    Ok(StatusCode::NO_CONTENT)
}
