use axum::extract::State;
use axum::http::StatusCode;
use shared::api::RefreshInput;
use shared::auth::RefreshTokens;
use shared::http::{Error, Json};

/// Sign out
///
/// Revokes the refresh token and all others of the same sign-in. A token that is invalid, expired or revoked is no
/// error: there is nothing to revoke (RFC 7009, section 2.2). The access token stays valid until it expires.
#[utoipa::path(
    post,
    path = "/api/auth/logout",
    tag = "auth",
    operation_id = "logout",
    request_body = RefreshInput,
    responses((status = 204, description = "The refresh token is revoked.")),
)]
pub(crate) async fn logout(
    State(refresh): State<RefreshTokens>,
    Json(input): Json<RefreshInput>,
) -> Result<StatusCode, Error> {
    refresh.end(input.refresh_token.as_str()).await?;
    Ok(StatusCode::NO_CONTENT)
}
