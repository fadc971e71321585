use axum::extract::State;
use shared::api::{RefreshInput, TokensBody};
use shared::auth::{AccessTokens, RefreshTokens, reissue};
use shared::http::{Code, Error, Json};
use shared::store::Users;

/// Get new tokens
///
/// A refresh token is good for one successor. Who asks again within ten seconds, having lost the answer, gets the same.
/// Later use of a token that has a successor ends all that follow from the same signing in: one of two bearers stole it.
#[utoipa::path(
    post,
    path = "/api/auth/refresh",
    tag = "auth",
    operation_id = "refreshTokens",
    request_body = RefreshInput,
    responses((status = 200, description = "The account and its tokens", body = TokensBody)),
    extensions(("x-codes" = json!([Code::InvalidToken]))),
)]
pub(crate) async fn refresh(
    State(users): State<Users>,
    State(access): State<AccessTokens>,
    State(refresh): State<RefreshTokens>,
    Json(input): Json<RefreshInput>,
) -> Result<Json<TokensBody>, Error> {
    reissue(&access, &refresh, &users, &input.refresh_token).await.map(Json)
}
