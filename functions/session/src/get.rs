use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::response::IntoResponse;
use shared::api::AccountBody;
use shared::auth::SessionCookie;
use shared::http::{Code, Error, Json, Unauthorized};
use shared::store::{Sessions, Users};

/// Show who is signed in
///
/// The user who is signed in with the session cookie. `no_session` means that the request has no cookie,
/// `invalid_session` that the session has ended.
#[utoipa::path(
    get,
    path = "/api/session",
    tag = "sessions",
    operation_id = "getSession",
    responses((status = 200, description = "The user who is signed in.", body = AccountBody)),
    security(("session" = [])),
    extensions(("x-codes" = json!([Code::NoSession, Code::InvalidSession]))),
)]
pub(crate) async fn get(
    State(sessions): State<Sessions>,
    State(users): State<Users>,
    cookie: SessionCookie,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    if cookie == SessionCookie::Missing {
        return Err(Error::Unauthorized(if headers.contains_key(AUTHORIZATION) {
            Unauthorized::TokenWithoutSession
        } else {
            Unauthorized::NoSession
        }));
    }
    let found = cookie.user(&sessions, &users).await?;
    let found = found.ok_or(Error::Unauthorized(Unauthorized::InvalidSession))?;
    Ok(Json(AccountBody::of(found.user)))
}
