use axum::response::IntoResponse;
use shared::api::AccountBody;
use shared::auth::SessionUser;
use shared::http::{Code, Error, Preconditions, ReadParams};

/// Show one's own profile
///
/// The user who is signed in with the session cookie.
#[utoipa::path(
    get,
    path = "/api/profile",
    tag = "sessions",
    operation_id = "getProfile",
    params(ReadParams),
    responses((status = 200, description = "The user.", body = AccountBody)),
    security(("session" = [])),
    extensions(("x-codes" = json!([Code::NotAuthenticated]))),
)]
pub(crate) async fn get(
    SessionUser { user, .. }: SessionUser,
    preconditions: Preconditions,
) -> Result<impl IntoResponse, Error> {
    AccountBody::resource(user).answer(&preconditions)
}
