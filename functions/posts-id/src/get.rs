use axum::extract::State;
use axum::response::IntoResponse;
use shared::api::PostBody;
use shared::auth::Caller;
use shared::domain::PostId;
use shared::http::{Error, PathId, Preconditions, ReadParams};
use shared::store::{Posts, Users};

/// Show a post
///
/// A draft is visible to its author and to admins only; other callers get 404.
#[utoipa::path(
    get,
    path = "/api/posts/{id}",
    tag = "posts",
    operation_id = "getPost",
    params(("id" = PostId, Path), ReadParams),
    responses((status = 200, description = "The post.", body = PostBody)),
    security((), ("accessToken" = [])),
)]
pub(crate) async fn get(
    State(posts): State<Posts>,
    State(users): State<Users>,
    caller: Option<Caller>,
    PathId(id): PathId<PostId>,
    preconditions: Preconditions,
) -> Result<impl IntoResponse, Error> {
    let post = crate::access::visible(posts.get(id).await?, caller, &users).await?;
    PostBody::resource(post).answer(&preconditions)
}
