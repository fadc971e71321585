use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use shared::api::{RegistrationInput, TokensBody};
use shared::auth::{AccessTokenIssuer, PasswordCheck, RefreshTokens, register};
use shared::domain::UserAgent;
use shared::http::{Code, Error, IdempotencyParams, Idempotent, Json, QuotaPolicy, Replayed, SourceAddress};
use shared::store::Outbox;

/// Register
///
/// Creates an account and signs in with it. The e-mail address is unique, whatever its spelling. A password has 8 to
/// 256 characters of any kind, and is none of the 3,000 most common ones. The number of accounts an hour is limited
/// by address.
///
/// If the request is sent again with the same `Idempotency-Key` and password, it signs in to the account that was
/// created, with other tokens, and counts as an attempt to sign in.
#[utoipa::path(
    post,
    path = "/api/auth/register",
    tag = "auth",
    operation_id = "register",
    params(IdempotencyParams),
    request_body = RegistrationInput,
    responses((status = 201, description = "The account and its tokens.", body = TokensBody)),
    extensions(("x-codes" = json!([Code::EmailTaken, Code::RateLimited]))),
)]
pub(crate) async fn create(
    State(access): State<AccessTokenIssuer>,
    State(refresh): State<RefreshTokens>,
    address: SourceAddress,
    check: PasswordCheck,
    State(outbox): State<Outbox>,
    user_agent: Option<UserAgent>,
    Idempotent { input, key }: Idempotent<RegistrationInput>,
) -> Result<impl IntoResponse, Error> {
    check.limits().take_from(QuotaPolicy::REGISTER, address).await?;
    let (tokens, replayed) = register(&access, &refresh, &check, &input, user_agent, outbox, key).await?;
    let location = format!("/api/users/{}", tokens.user_id());
    Ok((StatusCode::CREATED, Replayed(replayed), [(LOCATION, location)], Json(tokens)))
}
