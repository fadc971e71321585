use axum::extract::State;
use axum::response::IntoResponse;
use shared::api::UserBody;
use shared::auth::Caller;
use shared::domain::UserId;
use shared::http::{Error, PathId, Preconditions, ReadParams};
use shared::store::Users;

/// Show a user
///
/// The e-mail address is visible to the user and to admins only.
#[utoipa::path(
    get,
    path = "/api/users/{id}",
    tag = "users",
    operation_id = "getUser",
    params(("id" = UserId, Path), ReadParams),
    responses((status = 200, description = "The user.", body = UserBody)),
    security(("accessToken" = [])),
)]
pub(crate) async fn get(
    State(users): State<Users>,
    caller: Caller,
    PathId(id): PathId<UserId>,
    preconditions: Preconditions,
) -> Result<impl IntoResponse, Error> {
    let user = users.get(id).await?.ok_or(Error::NotFound("User"))?;
    UserBody::resource(user, caller.manages(id)).answer(&preconditions)
}
