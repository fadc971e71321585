use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use shared::auth::{ClearSession, SessionUser};
use shared::http::{Code, Error, QuotaPolicy, RateLimits};
use shared::store::{Sessions, Users, retry_stale};

/// Sign out everywhere
///
/// Ends all sessions of the user, this one included, and revokes all refresh tokens. Access tokens stay valid for up to
/// 15 minutes, but only for what needs no more than the token.
#[utoipa::path(
    delete,
    path = "/api/sessions",
    tag = "sessions",
    operation_id = "endSessions",
    responses(
        (status = 204, description = "All sessions have ended.", headers(
            ("Set-Cookie" = String, description = "Removes the cookie."),
        )),
    ),
    security(("session" = [])),
    extensions(("x-codes" = json!([Code::NotAuthenticated]))),
)]
pub(crate) async fn delete(
    State(users): State<Users>,
    State(sessions): State<Sessions>,
    State(limits): State<RateLimits>,
    signed_in: SessionUser,
) -> Result<impl IntoResponse, Error> {
    limits.take(QuotaPolicy::WRITE, signed_in.user.id).await?;
    retry_stale(async || {
        let latest = signed_in.latest(&sessions, &users).await?;
        Ok::<_, Error>(users.sign_out_everywhere(&latest.user).await?)
    })
    .await?;
    Ok((StatusCode::NO_CONTENT, ClearSession, ()))
}
