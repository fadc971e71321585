//! The rights to see and change a post.

use shared::auth::Caller;
use shared::domain::Post;
use shared::http::Error;

/// Returns the post if the caller may see it. Another author's draft is reported as not found.
pub(crate) fn visible(post: Option<Post>, caller: Option<Caller>) -> Result<Post, Error> {
    post.filter(|post| {
        post.attributes.published || caller.is_some_and(|caller| caller.manages(post.author_id))
    })
    .ok_or(Error::NotFound("Post"))
}

/// Returns the post if the caller may change it.
pub(crate) fn manageable(post: Option<Post>, caller: Caller) -> Result<Post, Error> {
    let post = visible(post, Some(caller))?;
    if caller.manages(post.author_id) {
        Ok(post)
    } else {
        Err(Error::Forbidden("Only the author and admins may do this"))
    }
}
