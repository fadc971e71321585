use axum::extract::State;
use shared::api::AccountBody;
use shared::auth::Caller;
use shared::http::{Error, Json, Unauthorized};
use shared::store::Users;

/// Show the caller's account
///
/// An access token can outlive its user by up to 15 minutes. This operation refuses such a token.
#[utoipa::path(
    get,
    path = "/api/protected",
    tag = "auth",
    operation_id = "getProtected",
    responses((status = 200, description = "The account of the caller.", body = AccountBody)),
    security(("accessToken" = [])),
)]
pub(crate) async fn get(State(users): State<Users>, caller: Caller) -> Result<Json<AccountBody>, Error> {
    let user = match users.get(caller.id).await? {
        Some(user) => Some(user),
        // The user may have registered a moment ago. An eventually consistent read, at half the price, can miss that.
        None => users.get_latest(caller.id).await?,
    };
    let user = user.ok_or(Error::Unauthorized(Unauthorized::Invalid))?;
    Ok(Json(AccountBody::of(user)))
}
