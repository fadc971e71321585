use axum::extract::State;
use axum::response::IntoResponse;
use shared::api::{PostBody, PostInput};
use shared::auth::Caller;
use shared::domain::{PostAttributes, PostId};
use shared::http::{
    Code, Error, Json, PathId, Preconditions, QuotaPolicy, RateLimits, Validators, WriteParams,
};
use shared::store::{Posts, Users, retry_stale};

/// Replace a post
///
/// Members that are missing in the body are removed or get their default. Only the author and admins can do this.
#[utoipa::path(
    put,
    path = "/api/posts/{id}",
    tag = "posts",
    operation_id = "replacePost",
    params(("id" = PostId, Path), WriteParams),
    request_body = PostInput,
    responses((status = 200, description = "The new version of the post.", body = PostBody)),
    security(("accessToken" = [])),
    extensions(("x-codes" = json!([Code::Forbidden, Code::TitleTaken]))),
)]
pub(crate) async fn replace(
    State(posts): State<Posts>,
    State(users): State<Users>,
    State(limits): State<RateLimits>,
    caller: Caller,
    PathId(id): PathId<PostId>,
    preconditions: Preconditions,
    Json(input): Json<PostInput>,
) -> Result<impl IntoResponse, Error> {
    limits.take(QuotaPolicy::WRITE, caller.id).await?;
    let attributes = PostAttributes::from(input);
    let post = retry_stale(async || {
        let post = crate::access::manageable(posts.get_latest(id).await?, caller, &users).await?;
        preconditions.require(&Validators::of(post.revision))?;
        Ok::<_, Error>(posts.replace(&post, attributes.clone()).await?)
    })
    .await?;
    Ok(PostBody::resource(post))
}
