use axum::extract::State;
use axum::http::StatusCode;
use shared::api::RefreshInput;
use shared::auth::RefreshTokens;
use shared::http::{Error, Json};

/// Sign out
///
/// Ends the refresh token, those that it came from and those that came from it. A token that is not good for anything,
/// or never was, is no error: there is nothing left to end (RFC 7009, section 2.2). An access token stays valid for its
/// 15 minutes.
#[utoipa::path(
    post,
    path = "/api/auth/logout",
    tag = "auth",
    operation_id = "logout",
    request_body = RefreshInput,
    responses((status = 204, description = "The token is good for nothing any more")),
)]
pub(crate) async fn logout(
    State(refresh): State<RefreshTokens>,
    Json(input): Json<RefreshInput>,
) -> Result<StatusCode, Error> {
    refresh.end(&input.refresh_token).await?;
    Ok(StatusCode::NO_CONTENT)
}
