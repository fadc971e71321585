use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use shared::api::{UserBody, UserInput};
use shared::auth::Admin;
use shared::domain::Role;
use shared::http::{Error, Failed, Json, Policy, RateLimits};
use shared::store::Users;

/// Add a user
///
/// The e-mail address is unique, whatever its case.
#[utoipa::path(
    post,
    path = "/api/users",
    tag = "users",
    operation_id = "createUser",
    request_body = UserInput,
    responses(
        (status = 201, description = "The user", body = UserBody, headers(
            ("Location" = String, description = "The user's URL"),
            ("ETag" = String, description = "For conditional requests"),
            ("Last-Modified" = String, description = "For conditional requests"),
        )),
        (status = 400, response = Failed),
        (status = 401, response = Failed),
        (status = 403, response = Failed),
        (status = 409, response = Failed),
        (status = 413, response = Failed),
        (status = 415, response = Failed),
        (status = 429, response = Failed),
    ),
    security(("accessToken" = [])),
)]
pub(crate) async fn create(
    State(users): State<Users>,
    State(limits): State<RateLimits>,
    Admin(caller): Admin,
    Json(input): Json<UserInput>,
) -> Result<impl IntoResponse, Error> {
    limits.take(Policy::WRITE, caller.id).await?;
    let user = users.create(input.draft(Role::User)).await?;
    let location = format!("/api/users/{}", user.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], UserBody::resource(user, true)?))
}
