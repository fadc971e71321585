use axum::extract::State;
use axum::response::IntoResponse;
use form_urlencoded::Serializer;
use shared::api::{PostListBody, PostSummaryBody};
use shared::auth::Caller;
use shared::domain::{Category, Order, PostSort};
use shared::http::{Code, CursorKey, Error, Json, ListParams, ListRequest, Query, Unauthorized};
use shared::store::{PostList, Posts};
use tokio::try_join;
use utoipa::IntoParams;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what `choose` reads")]
struct ListPostsParams {
    /// The sort key. `date` means the same as `createdAt`.
    #[param(required = false, inline)]
    sort: PostSort,
    /// The order: `asc` begins with the oldest post, or with A for `sort=title`.
    #[param(required = false, inline)]
    order: Order,
    /// Only posts of this category, whatever its case.
    #[param(required = false, inline)]
    category: Category,
    /// `true` lists the posts of the caller, drafts included. It cannot be combined with `category` or `sort=title`.
    #[param(required = false, default = false, example = false)]
    mine: bool,
}

/// List posts
///
/// Published posts, without their whole text. With `mine=true`, the posts of the caller.
#[utoipa::path(
    get,
    path = "/api/posts",
    tag = "posts",
    operation_id = "listPosts",
    params(ListPostsParams, ListParams),
    responses((status = 200, description = "A page of posts.", body = PostListBody)),
    security((), ("accessToken" = [])),
    extensions(("x-codes" = json!([Code::MissingToken]))),
)]
pub(crate) async fn list(
    State(posts): State<Posts>,
    State(cursors): State<CursorKey>,
    caller: Option<Caller>,
    mut query: Query,
) -> Result<impl IntoResponse, Error> {
    let (list, order, url) = choose(&mut query, caller)?;
    let request = ListRequest::read(query, url, &cursors)?;
    let (page, total) =
        try_join!(posts.list(&list, order, &request.start, request.limit), posts.count(&list))?;
    let (links, pagination) = request.paginate(page.next.as_deref(), total, &cursors);
    let posts = page.items.into_iter().map(PostSummaryBody::from).collect();
    Ok((links, Json(PostListBody { posts, pagination })))
}

/// Returns the list that the query selects, its order and its URL.
fn choose(query: &mut Query, caller: Option<Caller>) -> Result<(PostList, Order, String), Error> {
    let sort: Option<PostSort> = query.get("sort");
    let order: Order = query.get("order").unwrap_or_default();
    let category: Option<Category> = query.get("category");
    let mut url = Serializer::for_suffix("/api/posts?".to_owned(), "/api/posts?".len());
    let list = if query.flag("mine") {
        let caller = caller.ok_or(Error::Unauthorized(Unauthorized::Missing))?;
        if category.is_some() {
            query.wrong::<()>("category", "cannot be used together with mine");
        }
        if sort == Some(PostSort::Title) {
            query.wrong::<()>("sort", "must be createdAt together with mine");
        }
        url.append_pair("mine", "true");
        PostList::Author(caller.id)
    } else {
        let sort = sort.unwrap_or_default();
        match category {
            Some(category) => {
                url.append_pair("category", category.as_str());
                PostList::Category(category, sort)
            }
            None => PostList::Published(sort),
        }
    };
    if sort == Some(PostSort::Title) {
        url.append_pair("sort", "title");
    }
    url.append_pair("order", if order == Order::Asc { "asc" } else { "desc" });
    Ok((list, order, url.finish()))
}
