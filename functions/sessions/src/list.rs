use axum::extract::State;
use serde::Serialize;
use shared::auth::SessionUser;
use shared::domain::{SessionId, Timestamp, UserAgent};
use shared::http::{Code, Error, Json};
use shared::store::{ListedSession, Sessions};
use utoipa::ToSchema;

/// A place where the user is signed in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Session)]
struct SessionBody {
    /// The id with which the session can be ended. It is no secret.
    id: SessionId,
    #[schema(inline)]
    kind: Kind,
    /// The program that signed in, as it calls itself, if it does.
    #[schema(required)]
    user_agent: Option<UserAgent>,
    /// The time of the sign-in.
    created_at: Timestamp,
    /// The time of the last use: to the hour with a cookie, and of the last refresh with tokens.
    last_seen_at: Timestamp,
    /// True for the session of this request.
    current: bool,
}

/// The way in which the session continues: with a browser's cookie, or with access and refresh tokens.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Cookie,
    Tokens,
}

/// All sessions of a user.
#[derive(Serialize, ToSchema)]
#[schema(as = SessionList)]
pub(crate) struct SessionListBody {
    /// The sessions, newest first: at most 20.
    sessions: Vec<SessionBody>,
}

/// List one's own sessions
///
/// A place in which the user is signed in, with a cookie or with tokens.
#[utoipa::path(
    get,
    path = "/api/sessions",
    tag = "sessions",
    operation_id = "listSessions",
    responses((status = 200, description = "The sessions.", body = SessionListBody)),
    security(("session" = [])),
    extensions(("x-codes" = json!([Code::NotAuthenticated]))),
)]
pub(crate) async fn list(
    State(sessions): State<Sessions>,
    SessionUser { user, session: this, .. }: SessionUser,
) -> Result<Json<SessionListBody>, Error> {
    let listed = sessions.list(&user).await?.into_iter();
    let sessions = listed.map(|ListedSession { id, has_cookie, user_agent, seen_at }| SessionBody {
        id,
        kind: if has_cookie { Kind::Cookie } else { Kind::Tokens },
        user_agent,
        created_at: id.created_at(),
        last_seen_at: seen_at,
        current: id == this.id(),
    });
    Ok(Json(SessionListBody { sessions: sessions.collect() }))
}
