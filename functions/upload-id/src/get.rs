use axum::extract::State;
use axum::response::IntoResponse;
use shared::api::FileBody;
use shared::auth::Caller;
use shared::domain::{FileId, FileState};
use shared::http::{Error, PathId, Preconditions, ReadParams};
use shared::objects::Objects;
use shared::store::{Files, Users};

/// Show a file
///
/// Returns the file with a URL to download its content, valid for 5 minutes. A pending file has no URL yet: ask again
/// later. A file is visible to its user and to admins only.
#[utoipa::path(
    get,
    path = "/api/upload/{id}",
    tag = "files",
    operation_id = "getFile",
    params(("id" = FileId, Path), ReadParams),
    responses(
        (status = 200, description = "The file.", body = FileBody),
        (status = 304, description = "The client has the current version. The client's `downloadUrl` may have expired."),
    ),
    security(("accessToken" = [])),
)]
pub(crate) async fn get(
    State(files): State<Files>,
    State(objects): State<Objects>,
    State(users): State<Users>,
    caller: Caller,
    PathId(id): PathId<FileId>,
    preconditions: Preconditions,
) -> Result<impl IntoResponse, Error> {
    let file = crate::access::own(files.get(id).await?, caller, &users).await?;
    let download = match file.state {
        FileState::Ready => {
            let request = objects.presign_download(&file).await?;
            Some((request.url, request.expires_at))
        }
        FileState::Pending => None,
        FileState::Deleting => return Err(Error::NotFound("File")),
    };
    FileBody::resource(file, download).answer(&preconditions)
}
