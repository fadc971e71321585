use axum::extract::State;
use shared::api::{CredentialsInput, TokensBody};
use shared::auth::{AccessTokenIssuer, PasswordCheck, RefreshTokens, issue};
use shared::domain::UserAgent;
use shared::http::{Code, Error, Json};

/// Sign in
///
/// Returns the account and its tokens. The response is the same for an unknown e-mail address and for a wrong
/// password. The number of attempts a minute is limited by account and by address; successful ones count as well.
#[utoipa::path(
    post,
    path = "/api/auth/login",
    tag = "auth",
    operation_id = "login",
    request_body = CredentialsInput,
    responses((status = 200, description = "The account and its tokens.", body = TokensBody)),
    extensions(("x-codes" = json!([Code::InvalidCredentials, Code::RateLimited]))),
)]
pub(crate) async fn login(
    State(access): State<AccessTokenIssuer>,
    State(refresh): State<RefreshTokens>,
    check: PasswordCheck,
    user_agent: Option<UserAgent>,
    Json(input): Json<CredentialsInput>,
) -> Result<Json<TokensBody>, Error> {
    let user = check.sign_in(&input.email, &input.password).await?;
    Ok(Json(issue(&access, &refresh, user, user_agent).await?))
}
