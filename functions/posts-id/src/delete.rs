use axum::extract::State;
use axum::http::StatusCode;
use shared::auth::Caller;
use shared::domain::PostId;
use shared::http::{Code, Error, PathId, Preconditions, QuotaPolicy, RateLimits, Validators, WriteParams};
use shared::store::{Posts, Users, retry_stale};

/// Remove a post
///
/// Another post can use its title at once.
#[utoipa::path(
    delete,
    path = "/api/posts/{id}",
    tag = "posts",
    operation_id = "deletePost",
    params(("id" = PostId, Path), WriteParams),
    responses((status = 204, description = "The post is removed.")),
    security(("accessToken" = [])),
    extensions(("x-codes" = json!([Code::Forbidden]))),
)]
pub(crate) async fn delete(
    State(posts): State<Posts>,
    State(users): State<Users>,
    State(limits): State<RateLimits>,
    caller: Caller,
    PathId(id): PathId<PostId>,
    preconditions: Preconditions,
) -> Result<StatusCode, Error> {
    limits.take(QuotaPolicy::WRITE, caller.id).await?;
    retry_stale(async || {
        let post = crate::access::manageable(posts.get_latest(id).await?, caller, &users).await?;
        preconditions.require(&Validators::of(post.revision))?;
        Ok::<_, Error>(posts.delete(&post).await?)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
