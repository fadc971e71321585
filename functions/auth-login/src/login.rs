use axum::extract::State;
use shared::api::{CredentialsInput, TokensBody};
use shared::auth::{AccessTokens, Passwords, RefreshTokens, issue, sign_in};
use shared::http::{Error, Failed, Json, RateLimits, SourceAddress};
use shared::store::Users;

/// Sign in
///
/// An unknown address and a wrong password are answered alike. Few attempts a minute are made with one account and
/// from one address; right ones count, too.
#[utoipa::path(
    post,
    path = "/api/auth/login",
    tag = "auth",
    operation_id = "login",
    request_body = CredentialsInput,
    responses(
        (status = 200, description = "The account and its tokens", body = TokensBody),
        (status = 400, response = Failed),
        (status = 401, response = Failed),
        (status = 413, response = Failed),
        (status = 415, response = Failed),
        (status = 429, response = Failed),
    ),
)]
pub(crate) async fn login(
    State(users): State<Users>,
    State(passwords): State<Passwords>,
    State(access): State<AccessTokens>,
    State(refresh): State<RefreshTokens>,
    State(limits): State<RateLimits>,
    address: SourceAddress,
    Json(input): Json<CredentialsInput>,
) -> Result<Json<TokensBody>, Error> {
    let user = sign_in(&users, &passwords, &limits, address, &input.email, &input.password).await?;
    Ok(Json(issue(&access, &refresh, user).await?))
}
