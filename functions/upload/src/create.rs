use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use shared::api::UploadedBody;
use shared::auth::Caller;
use shared::domain::{File, UserId};
use shared::http::{Code, Error, IdempotencyParams, Json, QuotaPolicy, RateLimits, Replayed};
use shared::objects::Objects;
use shared::store::{self, Files, IdempotencyRecord, Made, Users};
use shared::uploads::{self, Published, discard, publish};

use crate::form::{FormBody, Upload, UploadForm};

/// Upload a file
///
/// Stores a file of up to 4 MiB; use `POST /api/upload/presign` for larger ones. The extension of the file's name, its
/// media type and its content must agree.
#[utoipa::path(
    post,
    path = "/api/upload",
    tag = "files",
    operation_id = "uploadFile",
    params(IdempotencyParams),
    request_body(content = FormBody, content_type = "multipart/form-data"),
    responses((status = 201, description = "The new file.", body = UploadedBody)),
    security(("accessToken" = [])),
    extensions(("x-codes" = json!([Code::NoFile, Code::Forbidden, Code::QuotaExceeded, Code::FileTooLarge]))),
)]
pub(crate) async fn create(
    State(files): State<Files>,
    State(objects): State<Objects>,
    State(users): State<Users>,
    State(limits): State<RateLimits>,
    caller: Caller,
    UploadForm { user_id, upload, key }: UploadForm,
) -> Result<impl IntoResponse, Error> {
    limits.take(QuotaPolicy::WRITE, caller.id).await?;
    let owner = owner(user_id, caller, &users).await?;
    let record = key.map(|key| key.record("upload", caller.id));
    let (file, replayed) = match files.begin(owner, upload.attributes.clone(), record.as_ref()).await? {
        Made::New(pending) => (store(&files, &objects, &pending, upload, record.as_ref()).await?, false),
        Made::Replayed(file) => (file, true),
    };
    let location = format!("/api/upload/{}", file.id);
    Ok((StatusCode::CREATED, Replayed(replayed), [(LOCATION, location)], Json(UploadedBody::from(file))))
}

/// Returns the user who will own the file.
async fn owner(user_id: UserId, caller: Caller, users: &Users) -> Result<UserId, Error> {
    if user_id == caller.id {
        return Ok(user_id);
    }
    if !caller.is_admin(users).await? {
        return Err(Error::Forbidden("Only admins may upload for somebody else"));
    }
    let user = users.get(user_id).await?;
    user.map(|user| user.id).ok_or_else(|| Error::field("userId", "must be the id of a user"))
}

/// Makes the pending file ready, or removes it.
async fn store(
    files: &Files,
    objects: &Objects,
    pending: &File,
    upload: Upload,
    record: Option<&IdempotencyRecord>,
) -> Result<File, Error> {
    let failed = match put(files, objects, pending, upload, record).await {
        Ok(Published::Ready(file)) => return Ok(file),
        // If the file is gone, `upload-completed` was faster and removed it, which it does only if the quota is used
        // up.
        Ok(Published::OverQuota | Published::Gone) => return Err(store::Error::QuotaExceeded.into()),
        Ok(Published::Superseded) => Error::Contended,
        Err(error) => error.into(),
    };
    // A failed request leaves nothing behind, unless the file became ready meanwhile.
    match discard(files, objects, pending).await {
        Ok(Published::Ready(file)) => Ok(file),
        _ => Err(failed),
    }
}

async fn put(
    files: &Files,
    objects: &Objects,
    pending: &File,
    upload: Upload,
    record: Option<&IdempotencyRecord>,
) -> Result<Published, uploads::Error> {
    let Upload { attributes, sha256, content } = upload;
    let etag = objects.put_incoming(pending.id, &attributes, sha256, content).await?;
    publish(files, objects, pending, &etag, sha256, record).await
}
