use axum::extract::State;
use axum::response::IntoResponse;
use shared::api::{UserBody, UserListBody};
use shared::auth::Caller;
use shared::http::{CursorKey, Error, Json, ListParams, ListRequest, Query};
use shared::store::Users;
use tokio::try_join;

/// List users
///
/// Newest first. The e-mail address is visible to the user and to admins only.
#[utoipa::path(
    get,
    path = "/api/users",
    tag = "users",
    operation_id = "listUsers",
    params(ListParams),
    responses((status = 200, description = "A page of users.", body = UserListBody)),
    security(("accessToken" = [])),
)]
pub(crate) async fn list(
    State(users): State<Users>,
    State(cursors): State<CursorKey>,
    caller: Caller,
    query: Query,
) -> Result<impl IntoResponse, Error> {
    let request = ListRequest::read(query, "/api/users".to_owned(), &cursors)?;
    let (page, total) = try_join!(users.list(&request.start, request.limit), users.count())?;
    let (links, pagination) = request.paginate(page.next.as_deref(), total, &cursors);
    let users = page.items.into_iter().map(|user| {
        let may_see_email = caller.manages(user.id);
        UserBody::of(user, may_see_email)
    });
    Ok((links, Json(UserListBody { users: users.collect(), pagination })))
}
