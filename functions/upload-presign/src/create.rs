use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use shared::api::{PresignInput, PresignedBody, UploadMethod};
use shared::auth::Caller;
use shared::http::{Code, Error, IdempotencyParams, Idempotent, Json, QuotaPolicy, RateLimits, Replayed};
use shared::objects::Objects;
use shared::store::Files;

/// Prepare an upload to S3
///
/// Returns the request that uploads a file of up to 100 MiB, once. The file is pending until S3 has received it and it
/// has been checked: size, media type and, if it was announced, SHA-256 must match the announced ones, and the content
/// must be of the media type. A file that fails the check is removed. S3 answers 412 to a second upload.
#[utoipa::path(
    post,
    path = "/api/upload/presign",
    tag = "files",
    operation_id = "presignUpload",
    params(IdempotencyParams),
    request_body = PresignInput,
    responses((status = 201, description = "The request that uploads the file.", body = PresignedBody)),
    security(("accessToken" = [])),
    extensions(("x-codes" = json!([Code::QuotaExceeded]))),
)]
pub(crate) async fn create(
    State(files): State<Files>,
    State(objects): State<Objects>,
    State(limits): State<RateLimits>,
    caller: Caller,
    Idempotent { input, key }: Idempotent<PresignInput>,
) -> Result<impl IntoResponse, Error> {
    limits.take(QuotaPolicy::WRITE, caller.id).await?;
    let record = key.map(|key| key.record("upload-presign", caller.id));
    let announced = files.announce(caller.id, input.try_into()?, record.as_ref()).await?;
    let (file, replayed) = announced.into_parts();
    let upload = objects.presign_upload(&file).await?;
    let location = format!("/api/upload/{}", file.id);
    let body = PresignedBody {
        file_id: file.id,
        url: upload.url,
        method: UploadMethod::Put,
        headers: upload.headers.into_iter().collect(),
        expires_at: upload.expires_at,
    };
    Ok((StatusCode::CREATED, Replayed(replayed), [(LOCATION, location)], Json(body)))
}
