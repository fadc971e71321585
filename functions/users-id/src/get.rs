use axum::extract::State;
use axum::response::IntoResponse;
use shared::api::UserBody;
use shared::auth::Caller;
use shared::domain::UserId;
use shared::http::{Error, PathId, Preconditions, ReadParams};
use shared::store::Users;

/// Show a user
///
/// Every caller sees the name of a user, for example of a post's author. The e-mail address and the role are visible to
/// the user and to admins only.
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
    let (user, sees_all) = if caller.id == id {
        (caller.account_to_show(&users).await?, true)
    } else {
        let sees_all = caller.is_admin(&users).await?;
        (users.get(id).await?.ok_or(Error::NotFound("User"))?, sees_all)
    };
    UserBody::resource(user, sees_all).answer(&preconditions)
}
