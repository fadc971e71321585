use axum::extract::State;
use axum::response::IntoResponse;
use shared::api::{ProblemListBody, ProblemSummaryBody};
use shared::http::{CursorKey, Error, Json, ListParams, ListRequest, Query};
use shared::store::Problems;
use tokio::try_join;

/// List problems
///
/// All problems, newest first, without their descriptions.
#[utoipa::path(
    get,
    path = "/api/problems",
    tag = "problems",
    operation_id = "listProblems",
    params(ListParams),
    responses((status = 200, description = "A page of problems.", body = ProblemListBody)),
)]
pub(crate) async fn list(
    State(problems): State<Problems>,
    State(cursors): State<CursorKey>,
    query: Query,
) -> Result<impl IntoResponse, Error> {
    let request = ListRequest::read(query, "/api/problems".to_owned(), &cursors)?;
    let (page, total) = try_join!(problems.list(&request.start, request.limit), problems.count())?;
    let (links, pagination) = request.paginate(page.next.as_deref(), total, &cursors);
    let problems = page.items.into_iter().map(ProblemSummaryBody::from).collect();
    Ok((links, Json(ProblemListBody { problems, pagination })))
}
