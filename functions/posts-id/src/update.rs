use axum::extract::State;
use axum::response::IntoResponse;
use shared::api::{PostBody, PostPatch};
use shared::auth::Caller;
use shared::domain::PostId;
use shared::http::{
    Code, Error, Json, PathId, Preconditions, QuotaPolicy, RateLimits, Validators, WriteParams,
};
use shared::store::{Posts, Users, retry_stale};

/// Change a post
///
/// A JSON merge patch: members that are missing in the body stay as they are. Only the author and admins can do this.
#[utoipa::path(
    patch,
    path = "/api/posts/{id}",
    tag = "posts",
    operation_id = "updatePost",
    params(("id" = PostId, Path), WriteParams),
    request_body(content((PostPatch = "application/merge-patch+json"), (PostPatch = "application/json"))),
    responses((status = 200, description = "The new version of the post.", body = PostBody)),
    security(("accessToken" = [])),
    extensions(("x-codes" = json!([Code::Forbidden, Code::TitleTaken]))),
)]
pub(crate) async fn update(
    State(posts): State<Posts>,
    State(users): State<Users>,
    State(limits): State<RateLimits>,
    caller: Caller,
    PathId(id): PathId<PostId>,
    preconditions: Preconditions,
    Json(input): Json<PostPatch>,
) -> Result<impl IntoResponse, Error> {
    limits.take(QuotaPolicy::WRITE, caller.id).await?;
    let post = retry_stale(async || {
        let post = crate::access::manageable(posts.get_latest(id).await?, caller, &users).await?;
        preconditions.require(&Validators::of(post.revision))?;
        Ok::<_, Error>(posts.replace(&post, input.apply(&post.attributes)).await?)
    })
    .await?;
    Ok(PostBody::resource(post))
}
