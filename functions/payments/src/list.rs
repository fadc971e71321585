use axum::extract::State;
use axum::response::IntoResponse;
use shared::api::{PaymentBody, PaymentListBody};
use shared::auth::Caller;
use shared::domain::Payer;
use shared::http::{CursorKey, Error, Json, ListParams, ListRequest, Query};
use shared::store::{Payments, Users};
use tokio::try_join;

/// List the caller's payments
///
/// The payments of checkouts that name the caller in `client_reference_id`, and of checkouts that name no user but have
/// the caller's current e-mail address, if it is confirmed (`emailVerified`). The latest checkouts come first.
#[utoipa::path(
    get,
    path = "/api/payments",
    tag = "payments",
    operation_id = "listPayments",
    params(ListParams),
    responses((status = 200, description = "A page of payments.", body = PaymentListBody)),
    security(("accessToken" = [])),
)]
pub(crate) async fn list(
    State(payments): State<Payments>,
    State(users): State<Users>,
    State(cursors): State<CursorKey>,
    caller: Caller,
    query: Query,
) -> Result<impl IntoResponse, Error> {
    let request = ListRequest::read(query, "/api/payments".to_owned(), &cursors)?;
    let user = caller.account_to_show(&users).await?;
    let address = user.email_verified.then_some(Payer::Email(user.attributes.email));
    let payers: Vec<Payer> = [Payer::User(user.id)].into_iter().chain(address).collect();
    let (page, total) =
        try_join!(payments.list(&payers, &request.start, request.limit), payments.count(&payers))?;
    let (links, pagination) = request.paginate(page.next.as_deref(), total, &cursors);
    let payments = page.items.into_iter().map(PaymentBody::from).collect();
    Ok((links, Json(PaymentListBody { payments, pagination })))
}
