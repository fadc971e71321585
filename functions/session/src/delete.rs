use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use shared::auth::{ClearSession, SessionCookie};
use shared::http::Error;
use shared::store::Sessions;

/// Sign out
///
/// Ends the sessions that the request's cookies name, and removes the cookie. The request must come from a page of the
/// API or of an allowed origin.
#[utoipa::path(
    delete,
    path = "/api/session",
    tag = "sessions",
    operation_id = "endSession",
    responses(
        (status = 204, description = "The session has ended.", headers(
            ("Set-Cookie" = String, description = "Removes the cookie."),
        )),
    ),
    security((), ("session" = [])),
)]
pub(crate) async fn delete(
    State(sessions): State<Sessions>,
    cookie: SessionCookie,
) -> Result<impl IntoResponse, Error> {
    for token in cookie.tokens() {
        sessions.end(*token).await?;
    }
    Ok((StatusCode::NO_CONTENT, ClearSession, ()))
}
