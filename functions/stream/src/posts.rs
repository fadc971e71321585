use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::IntoResponse;
use futures_util::stream;
use serde::Serialize;
use shared::api::{PostSummaryBody, True};
use shared::domain::{Order, Page, PostSort, PostSummary, Start};
use shared::http::{Error, ErrorBody, Streamed};
use shared::store::{PostList, Posts};
use utoipa::ToSchema;

/// The number of posts that are in memory at once.
const PAGE: u32 = 200;

/// A line of the list.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum PostLine {
    /// A post.
    Post(PostSummaryBody),
    /// The last line of a complete list.
    End {
        /// Always `true`.
        complete: True,
        /// The number of posts above.
        #[schema(example = 42)]
        count: u64,
    },
    /// The last line of a list that was interrupted.
    #[expect(dead_code, reason = "`respond` writes it")]
    Interrupted(ErrorBody<'static>),
}

/// The next piece of the stream.
enum Next {
    Page(Page<PostSummary>),
    After(String),
    Nothing,
}

/// Stream all posts
///
/// Sends every published post, newest first, as one JSON object a line. The last line of a complete list is
/// `{"complete":true,"count":N}`; a list without that line is incomplete. If the list is interrupted, the last line is
/// an error. The schema describes a line. The operation is at the URL of the function; see its servers.
#[utoipa::path(
    get,
    path = "/api/stream/posts",
    tag = "streams",
    operation_id = "streamPosts",
    responses(
        (status = 200, description = "A line for each post, and a last line that tells whether the list is complete.", body = PostLine, content_type = "application/x-ndjson"),
    ),
)]
pub(crate) async fn posts(State(posts): State<Posts>) -> Result<impl IntoResponse, Error> {
    // The first page is read before the answer begins, so that a failure here has its own status.
    let first = page(&posts, &Start::Offset(0)).await?;
    let pages = stream::try_unfold((Next::Page(first), 0), move |(next, count)| {
        let posts = posts.clone();
        async move {
            let page = match next {
                Next::Page(page) => page,
                Next::After(position) => page(&posts, &Start::After(position)).await?,
                Next::Nothing => return Ok(None),
            };
            lines(page, count).map(Some)
        }
    });
    Ok(Streamed::new("application/x-ndjson", pages))
}

async fn page(posts: &Posts, start: &Start) -> Result<Page<PostSummary>, Error> {
    Ok(posts.list(&PostList::Published(PostSort::CreatedAt), Order::Desc, start, PAGE).await?)
}

/// Returns the lines of a page, the next step and the number of posts so far; `count` is that of the pages before.
fn lines(page: Page<PostSummary>, mut count: u64) -> Result<(Bytes, (Next, u64)), Error> {
    let mut lines = Vec::new();
    for post in page.items {
        count += 1;
        write(&mut lines, &PostLine::Post(post.into()))?;
    }
    let next = if let Some(position) = page.next {
        Next::After(position)
    } else {
        write(&mut lines, &PostLine::End { complete: True, count })?;
        Next::Nothing
    };
    Ok((lines.into(), (next, count)))
}

fn write(lines: &mut Vec<u8>, line: &PostLine) -> Result<(), Error> {
    serde_json::to_writer(&mut *lines, line).map_err(|error| Error::Internal(Arc::new(error)))?;
    lines.push(b'\n');
    Ok(())
}
