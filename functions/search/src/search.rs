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
    /// A part of the name.
    #[param(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\S\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$",
        example = "sum"
    )]
    q: String,
    /// The maximum number of problems on the page.
    #[param(minimum = 1, maximum = 100, default = 10, required = false, example = 10)]
    limit: u32,
    /// The `nextCursor` of the previous page of the same search.
    #[param(required = false)]
    cursor: String,
    /// The number of the page, which can only be 1. Use `cursor` for later pages.
    #[param(minimum = 1, maximum = 1, default = 1, required = false, example = 1)]
    page: u32,
}

/// Returns the error of a search without `q`.
pub fn missing_query() -> Error {
    Error::new(Code::MissingQuery, "Query parameter required").with_detail("q", "is required")
}

/// Search problems
///
/// Finds problems whose name contains `q`, in any script, regardless of case and Unicode composition; newest first. The
/// matches are not counted: `total` and `totalPages` are `null`. A page ends after 500 comparisons, with fewer problems
/// than `limit` or none. As long as there is a `nextCursor`, more matches are possible.
#[utoipa::path(
    get,
    path = "/api/search",
    tag = "problems",
    operation_id = "searchProblems",
    params(SearchParams),
    responses((status = 200, description = "A page of problems.", body = ProblemListBody)),
    extensions(("x-codes" = json!([Code::MissingQuery]))),
)]
pub(crate) async fn search(
    State(problems): State<ProblemSearch>,
    State(cursors): State<CursorKey>,
    mut query: Query,
) -> Result<impl IntoResponse, Error> {
    let Some(q) = query.text("q") else {
        query.finish()?;
        return Err(missing_query());
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
    let (links, pagination) = request.paginate(page.next.as_deref(), None, &cursors);
    let problems = page.items.into_iter().map(ProblemSummaryBody::from).collect();
    Ok((links, Json(ProblemListBody { problems, pagination })))
}
