use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use shared::api::{UserBody, UserInput};
use shared::auth::{Admin, require_deliverable};
use shared::domain::Role;
use shared::http::{Code, Error, IdempotencyParams, Idempotent, QuotaPolicy, RateLimits, Replayed};
use shared::store::{Outbox, Users};

/// Add a user
///
/// Only an admin can do this. The e-mail address is unique, whatever its spelling. The user has no password and
/// cannot sign in before setting one (`POST /api/auth/password-reset`). A mail confirms the address.
#[utoipa::path(
    post,
    path = "/api/users",
    tag = "users",
    operation_id = "createUser",
    params(IdempotencyParams),
    request_body = UserInput,
    responses((status = 201, description = "The new user.", body = UserBody, headers(("ETag"), ("Last-Modified")))),
    security(("accessToken" = [])),
    extensions(("x-codes" = json!([Code::Forbidden, Code::EmailTaken]))),
)]
pub(crate) async fn create(
    State(users): State<Users>,
    State(limits): State<RateLimits>,
    State(outbox): State<Outbox>,
    admin: Admin,
    Idempotent { input, key }: Idempotent<UserInput>,
) -> Result<impl IntoResponse, Error> {
    limits.take(QuotaPolicy::WRITE, admin.id()).await?;
    let record = key.map(|key| key.record("users", admin.id()));
    let attributes = input.attributes(Role::User);
    require_deliverable(outbox, &attributes.email)?;
    let (user, replayed) = users.create(attributes, outbox, record.as_ref()).await?.into_parts();
    let location = format!("/api/users/{}", user.id);
    Ok((StatusCode::CREATED, Replayed(replayed), [(LOCATION, location)], UserBody::resource(user, true)))
}
