use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use shared::api::{AccountBody, CredentialsInput};
use shared::auth::{PasswordCheck, SessionCookie, SetSession};
use shared::domain::UserAgent;
use shared::http::{Code, Error, Json};
use shared::store::Sessions;

/// Sign in with a cookie
///
/// Begins a session and sets its cookie. The session is always a new one. The sessions that the request's cookies name
/// end. A user has at most 20 sessions; one more ends the oldest.
#[utoipa::path(
    post,
    path = "/api/session",
    tag = "sessions",
    operation_id = "beginSession",
    request_body = CredentialsInput,
    responses(
        (status = 201, description = "The user who has signed in.", body = AccountBody, headers(
            ("Set-Cookie" = String, description = "The session cookie. It lasts for 7 days, and for 24 hours without a request."),
        )),
    ),
    security((), ("session" = [])),
    extensions(("x-codes" = json!([Code::InvalidCredentials, Code::RateLimited]))),
)]
pub(crate) async fn create(
    State(sessions): State<Sessions>,
    check: PasswordCheck,
    cookie: SessionCookie,
    user_agent: Option<UserAgent>,
    Json(input): Json<CredentialsInput>,
) -> Result<impl IntoResponse, Error> {
    let user = check.sign_in(&input.email, &input.password).await?;
    let session = sessions.begin_instead_of(cookie.tokens(), user.id, user.auth_epoch, user_agent).await?;
    let location = [(LOCATION, "/api/session")];
    Ok((StatusCode::CREATED, SetSession(session.token), location, Json(AccountBody::of(user))))
}
