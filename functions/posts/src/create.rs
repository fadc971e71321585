use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use shared::api::{PostBody, PostInput};
use shared::auth::Caller;
use shared::http::{Code, Error, IdempotencyParams, Idempotent, QuotaPolicy, RateLimits, Replayed};
use shared::store::Posts;

/// Write a post
///
/// The caller becomes its author. The title is unique, whatever its case, among published posts and drafts together.
#[utoipa::path(
    post,
    path = "/api/posts",
    tag = "posts",
    operation_id = "createPost",
    params(IdempotencyParams),
    request_body = PostInput,
    responses((status = 201, description = "The new post.", body = PostBody, headers(("ETag"), ("Last-Modified")))),
    security(("accessToken" = [])),
    extensions(("x-codes" = json!([Code::TitleTaken]))),
)]
pub(crate) async fn create(
    State(posts): State<Posts>,
    State(limits): State<RateLimits>,
    caller: Caller,
    Idempotent { input, key }: Idempotent<PostInput>,
) -> Result<impl IntoResponse, Error> {
    limits.take(QuotaPolicy::WRITE, caller.id).await?;
    let record = key.map(|key| key.record("posts", caller.id));
    let (post, replayed) = posts.create(caller.id, input.into(), record.as_ref()).await?.into_parts();
    let location = format!("/api/posts/{}", post.id);
    Ok((StatusCode::CREATED, Replayed(replayed), [(LOCATION, location)], PostBody::resource(post)))
}
