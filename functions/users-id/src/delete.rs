use axum::extract::State;
use axum::http::StatusCode;
use shared::api::UserBody;
use shared::auth::Caller;
use shared::domain::UserId;
use shared::http::{Code, Error, PathId, Preconditions, QuotaPolicy, RateLimits, WriteParams};
use shared::store::{Users, retry_stale};

use crate::access::Changeable;

/// Remove a user
///
/// Another user can use the e-mail address at once. The user's posts stay. Only the user and admins can do this, within
/// five minutes of signing in.
#[utoipa::path(
    delete,
    path = "/api/users/{id}",
    tag = "users",
    operation_id = "deleteUser",
    params(("id" = UserId, Path), WriteParams),
    responses((status = 204, description = "The user is removed.")),
    security(("accessToken" = [])),
    extensions(("x-codes" = json!([Code::Forbidden, Code::RecentSignInRequired]))),
)]
pub(crate) async fn delete(
    State(users): State<Users>,
    State(limits): State<RateLimits>,
    caller: Caller,
    PathId(id): PathId<UserId>,
    preconditions: Preconditions,
) -> Result<StatusCode, Error> {
    limits.take(QuotaPolicy::WRITE, caller.id).await?;
    retry_stale(async || {
        let Changeable { user, .. } = Changeable::read(&users, caller, id).await?;
        caller.require_recent_sign_in()?;
        preconditions.require(&UserBody::validators(&user, true))?;
        Ok::<_, Error>(users.delete(&user).await?)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
