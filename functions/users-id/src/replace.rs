use axum::extract::State;
use axum::response::IntoResponse;
use shared::api::{UserBody, UserInput};
use shared::auth::{Caller, allow_address};
use shared::domain::UserId;
use shared::http::{Code, Error, Json, PathId, Preconditions, QuotaPolicy, RateLimits, WriteParams};
use shared::store::{Outbox, Users, retry_stale};

use crate::access::Changeable;

/// Replace a user
///
/// Members that are missing in the body are removed, except the role. Only the user and admins can do this, and only
/// an admin can change the role. Another address or role needs a sign-in of the last five minutes. Another address is
/// `pendingEmail` until it is confirmed with the link in a mail; asking for it again sends another mail.
#[utoipa::path(
    put,
    path = "/api/users/{id}",
    tag = "users",
    operation_id = "replaceUser",
    params(("id" = UserId, Path), WriteParams),
    request_body = UserInput,
    responses((status = 200, description = "The new version of the user.", body = UserBody)),
    security(("accessToken" = [])),
    extensions(("x-codes" = json!([Code::Forbidden, Code::RecentSignInRequired, Code::EmailTaken]))),
)]
pub(crate) async fn replace(
    State(users): State<Users>,
    State(limits): State<RateLimits>,
    State(outbox): State<Outbox>,
    caller: Caller,
    PathId(id): PathId<UserId>,
    preconditions: Preconditions,
    Json(input): Json<UserInput>,
) -> Result<impl IntoResponse, Error> {
    limits.take(QuotaPolicy::WRITE, caller.id).await?;
    let user = retry_stale(async || {
        let changeable = Changeable::read(&users, caller, id).await?;
        let user = &changeable.user;
        let next = input.attributes(user.attributes.role);
        changeable.allow(&next)?;
        preconditions.require(&UserBody::validators(user, true))?;
        allow_address(outbox, &limits, user, &next.email).await?;
        Ok::<_, Error>(users.replace(user, next, outbox).await?)
    })
    .await?;
    Ok(UserBody::resource(user, true))
}
