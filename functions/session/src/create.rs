use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use shared::api::{AccountBody, CredentialsInput};
use shared::auth::{PasswordCheck, SessionCookie, SetSession};
use shared::http::{Code, Error, Json};
use shared::store::Sessions;

/// Sign in with a cookie
///
/// Begins a session and sets its cookie. The session always gets a new id. If the request's cookie names another
/// session, that session ends.
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
    Json(input): Json<CredentialsInput>,
) -> Result<impl IntoResponse, Error> {
    let user = check.sign_in(&input.email, &input.password).await?;
    let session = match cookie {
        SessionCookie::Id(old) => sessions.begin_instead_of(old, user.id, user.auth_epoch).await?,
        SessionCookie::Missing | SessionCookie::Malformed => sessions.begin(user.id, user.auth_epoch).await?,
    };
    let location = [(LOCATION, "/api/session")];
    Ok((StatusCode::CREATED, SetSession(session.id), location, Json(AccountBody::of(user))))
}
