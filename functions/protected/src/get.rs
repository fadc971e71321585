use axum::extract::State;
use shared::api::AccountBody;
use shared::auth::Caller;
use shared::http::{Error, Json, Unauthorized};
use shared::store::Users;

/// Show the caller's account
///
/// A token outlives its user by up to 15 minutes, and is not valid any more then.
#[utoipa::path(
    get,
    path = "/api/protected",
    tag = "auth",
    operation_id = "getProtected",
    responses((status = 200, description = "The caller's account", body = AccountBody)),
    security(("accessToken" = [])),
)]
pub(crate) async fn get(State(users): State<Users>, caller: Caller) -> Result<Json<AccountBody>, Error> {
    let user = match users.get(caller.id).await? {
        Some(user) => Some(user),
        // Maybe registered a moment ago: at half the price, a read can miss that.
        None => users.get_latest(caller.id).await?,
    };
    let user = user.ok_or(Error::Unauthorized(Unauthorized::Invalid))?;
    Ok(Json(AccountBody::of(user)))
}
