use axum::extract::State;
use axum::http::StatusCode;
use shared::auth::SessionUser;
use shared::domain::SessionId;
use shared::http::{Code, Error, PathId, QuotaPolicy, RateLimits};
use shared::store::Sessions;

/// End a session
///
/// Signs the user out in one place: the session ends, or its refresh tokens are revoked. It can be the session of this
/// request; its cookie stays and is invalid.
#[utoipa::path(
    delete,
    path = "/api/sessions/{id}",
    tag = "sessions",
    operation_id = "endListedSession",
    params(("id" = SessionId, Path)),
    responses((status = 204, description = "The session has ended.")),
    security(("session" = [])),
    extensions(("x-codes" = json!([Code::NotAuthenticated]))),
)]
pub(crate) async fn delete(
    State(sessions): State<Sessions>,
    State(limits): State<RateLimits>,
    SessionUser { user, .. }: SessionUser,
    PathId(id): PathId<SessionId>,
) -> Result<StatusCode, Error> {
    limits.take(QuotaPolicy::WRITE, user.id).await?;
    if !sessions.end_listed(user.id, id).await? {
        return Err(Error::NotFound("Session"));
    }
    Ok(StatusCode::NO_CONTENT)
}
