use axum::extract::State;
use axum::response::IntoResponse;
use shared::api::{UserBody, UserListBody};
use shared::auth::Admin;
use shared::http::{Code, CursorKey, Error, Json, ListParams, ListRequest, Query};
use shared::store::Users;
use tokio::try_join;

/// List users
///
/// Newest first. Only an admin can do this.
#[utoipa::path(
    get,
    path = "/api/users",
    tag = "users",
    operation_id = "listUsers",
    params(ListParams),
    responses((status = 200, description = "A page of users.", body = UserListBody)),
    security(("accessToken" = [])),
    extensions(("x-codes" = json!([Code::Forbidden]))),
)]
pub(crate) async fn list(
    State(users): State<Users>,
    State(cursors): State<CursorKey>,
    _: Admin,
    query: Query,
) -> Result<impl IntoResponse, Error> {
    let request = ListRequest::read(query, "/api/users".to_owned(), &cursors)?;
    let (page, total) = try_join!(users.list(&request.start, request.limit), users.count())?;
    let (links, pagination) = request.paginate(page.next.as_deref(), total, &cursors);
    let users = page.items.into_iter().map(|user| UserBody::of(user, true)).collect();
    Ok((links, Json(UserListBody { users, pagination })))
}
