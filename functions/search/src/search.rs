use axum::extract::State;
use axum::response::IntoResponse;
use form_urlencoded::Serializer;
use shared::api::{ProblemListBody, ProblemSummaryBody};
use shared::domain::SearchText;
use shared::http::{Code, CursorKey, Error, Json, ListRequest, Query};
use shared::store::ProblemSearch;
use utoipa::IntoParams;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what `search` and `ListRequest` read")]
struct SearchParams {
    /// A part of the name: 1 to 100 characters, not all of them spaces.
    #[param(min_length = 1, max_length = 100, example = "sum")]
    q: String,
    /// Problems a page, at most.
    #[param(minimum = 1, maximum = 100, default = 10, required = false)]
    limit: u32,
    /// The `nextCursor` of the page before, of the same search. There are no pages by number.
    #[param(required = false)]
    cursor: String,
}

/// Search problems
///
/// Those whose name has `q` as a part, in any script, whatever the case and composition of both; newest first. Nobody
/// counts them: `total` and `totalPages` are `null`. A page ends after 500 names were compared, with fewer problems than
/// `limit` or none: as long as there is a `nextCursor`, there may be more.
#[utoipa::path(
    get,
    path = "/api/search",
    tag = "problems",
    operation_id = "searchProblems",
    params(SearchParams),
    responses((status = 200, description = "A page of problems", body = ProblemListBody)),
    extensions(("x-codes" = json!([Code::MissingQuery]))),
)]
pub(crate) async fn search(
    State(problems): State<ProblemSearch>,
    State(cursors): State<CursorKey>,
    mut query: Query,
) -> Result<impl IntoResponse, Error> {
    let Some(q) = query.text("q") else {
        query.finish()?;
        return Err(Error::MissingQuery);
    };
    let text = q.parse::<SearchText>().map_err(|invalid| invalid.to_string());
    if let Err(message) = &text {
        query.wrong::<()>("q", message);
    }
    let url =
        Serializer::for_suffix("/api/search?".to_owned(), "/api/search?".len()).append_pair("q", &q).finish();
    let request = ListRequest::read_on(query, url, &cursors)?;
    let text = text.map_err(|message| Error::field("q", message))?;
    let page = problems.page(&text, &request.start, request.limit).await?;
    let (links, pagination) = request.place(page.next.as_deref(), None, &cursors);
    let problems = page.items.into_iter().map(ProblemSummaryBody::from).collect();
    Ok((links, Json(ProblemListBody { problems, pagination })))
}
