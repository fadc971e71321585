use axum::extract::State;
use shared::api::AccountBody;
use shared::auth::Caller;
use shared::http::{Error, Json};
use shared::store::Users;

/// Show the caller's account
///
/// An access token can outlive its user by up to 15 minutes. This operation refuses such a token, and one from before
/// the user changed the password.
#[utoipa::path(
    get,
    path = "/api/protected",
    tag = "auth",
    operation_id = "getProtected",
    responses((status = 200, description = "The account of the caller.", body = AccountBody)),
    security(("accessToken" = [])),
)]
pub(crate) async fn get(State(users): State<Users>, caller: Caller) -> Result<Json<AccountBody>, Error> {
    Ok(Json(AccountBody::of(caller.account_to_show(&users).await?)))
}
