use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use shared::api::{RegistrationInput, TokensBody};
use shared::auth::{AccessTokens, Passwords, RefreshTokens, register};
use shared::http::{Error, Failed, Json, Policy, RateLimits, SourceAddress};
use shared::store::Users;

/// Register
///
/// Makes an account and signs in with it. The e-mail address is unique, whatever its case. A password has 8 to 256
/// characters of any kind and is none of those that everybody tries first. Few accounts an hour come from one address.
#[utoipa::path(
    post,
    path = "/api/auth/register",
    tag = "auth",
    operation_id = "register",
    request_body = RegistrationInput,
    responses(
        (status = 201, description = "The account and its tokens", body = TokensBody, headers(
            ("Location" = String, description = "The user's URL"),
        )),
        (status = 400, response = Failed),
        (status = 409, response = Failed),
        (status = 413, response = Failed),
        (status = 415, response = Failed),
        (status = 429, response = Failed),
    ),
)]
pub(crate) async fn create(
    State(users): State<Users>,
    State(passwords): State<Passwords>,
    State(access): State<AccessTokens>,
    State(refresh): State<RefreshTokens>,
    State(limits): State<RateLimits>,
    address: SourceAddress,
    Json(input): Json<RegistrationInput>,
) -> Result<impl IntoResponse, Error> {
    limits.take(Policy::REGISTER, address).await?;
    let hash = passwords.hash(&input.password)?;
    let tokens = register(&access, &refresh, &users, input.draft(), hash).await?;
    let location = format!("/api/users/{}", tokens.user_id());
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(tokens)))
}
