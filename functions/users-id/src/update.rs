use axum::extract::State;
use axum::response::IntoResponse;
use shared::api::{UserBody, UserPatch};
use shared::auth::{Caller, allow_address};
use shared::domain::UserId;
use shared::http::{Code, Error, Json, PathId, Preconditions, QuotaPolicy, RateLimits, WriteParams};
use shared::store::{Outbox, Users, retry_stale};

use crate::access::Changeable;

/// Change a user
///
/// A JSON merge patch: members that are missing in the body stay as they are. Only the user and admins can do this,
/// and only an admin can change the role. Another address or role needs a sign-in of the last five minutes. Another
/// address is `pendingEmail` until it is confirmed with the link in a mail; asking for it again sends another mail.
#[utoipa::path(
    patch,
    path = "/api/users/{id}",
    tag = "users",
    operation_id = "updateUser",
    params(("id" = UserId, Path), WriteParams),
    request_body(content((UserPatch = "application/merge-patch+json"), (UserPatch = "application/json"))),
    responses((status = 200, description = "The new version of the user.", body = UserBody)),
    security(("accessToken" = [])),
    extensions(("x-codes" = json!([Code::Forbidden, Code::RecentSignInRequired, Code::EmailTaken]))),
)]
pub(crate) async fn update(
    State(users): State<Users>,
    State(limits): State<RateLimits>,
    State(outbox): State<Outbox>,
    caller: Caller,
    PathId(id): PathId<UserId>,
    preconditions: Preconditions,
    Json(input): Json<UserPatch>,
) -> Result<impl IntoResponse, Error> {
    limits.take(QuotaPolicy::WRITE, caller.id).await?;
    let user = retry_stale(async || {
        let changeable = Changeable::read(&users, caller, id).await?;
        let user = &changeable.user;
        let next = input.apply(&user.attributes);
        changeable.allow(&next)?;
        preconditions.require(&UserBody::validators(user, true))?;
        allow_address(outbox, &limits, user, &next.email).await?;
        Ok::<_, Error>(users.replace(user, next, outbox).await?)
    })
    .await?;
    Ok(UserBody::resource(user, true))
}
