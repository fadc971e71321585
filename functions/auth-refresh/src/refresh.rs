use axum::extract::State;
use shared::api::{RefreshInput, TokensBody};
use shared::auth::{AccessTokenIssuer, RefreshTokens, reissue};
use shared::http::{Code, Error, Json};
use shared::store::Users;

/// Get new tokens
///
/// Exchanges a refresh token for new tokens. A client that lost the response can ask again within ten seconds, and
/// gets the same refresh token. Any later use of a refresh token that was exchanged revokes all tokens of the
/// sign-in: two clients have it, and one of them stole it.
#[utoipa::path(
    post,
    path = "/api/auth/refresh",
    tag = "auth",
    operation_id = "refreshTokens",
    request_body = RefreshInput,
    responses((status = 200, description = "The account and its new tokens.", body = TokensBody)),
    extensions(("x-codes" = json!([Code::InvalidToken]))),
)]
pub(crate) async fn refresh(
    State(users): State<Users>,
    State(access): State<AccessTokenIssuer>,
    State(refresh): State<RefreshTokens>,
    Json(input): Json<RefreshInput>,
) -> Result<Json<TokensBody>, Error> {
    reissue(&access, &refresh, &users, input.refresh_token.as_str()).await.map(Json)
}
