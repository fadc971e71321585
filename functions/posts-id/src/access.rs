//! The rights to see and change a post.

use shared::auth::Caller;
use shared::domain::Post;
use shared::http::Error;
use shared::store::Users;

/// Returns the post if the caller may see it. Another author's draft is reported as not found.
pub(crate) async fn visible(
    post: Option<Post>,
    caller: Option<Caller>,
    users: &Users,
) -> Result<Post, Error> {
    let post = post.ok_or(NOT_FOUND)?;
    let is_visible = match caller {
        _ if post.attributes.published => true,
        Some(caller) => caller.manages(post.author_id, users).await?,
        None => false,
    };
    if is_visible { Ok(post) } else { Err(NOT_FOUND) }
}

/// Returns the post if the caller may change it.
pub(crate) async fn manageable(post: Option<Post>, caller: Caller, users: &Users) -> Result<Post, Error> {
    let post = post.ok_or(NOT_FOUND)?;
    if caller.manages(post.author_id, users).await? {
        Ok(post)
    } else if post.attributes.published {
        Err(Error::Forbidden("Only the author and admins may do this"))
    } else {
        Err(NOT_FOUND)
    }
}

const NOT_FOUND: Error = Error::NotFound("Post");
