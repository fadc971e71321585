//! `/api/posts/{id}`: one post.
//!
//! | method | who | does |
//! |---|---|---|
//! | GET | anyone; a draft: its author, an admin | shows it |
//! | PUT, PATCH | its author, an admin | replaces, changes it |
//! | DELETE | its author, an admin | removes it |

use axum::extract::FromRef;
use shared::auth::{AccessTokens, Caller};
use shared::config::ConfigError;
use shared::domain::Post;
use shared::http::{Error, RateLimits};
use shared::store::Posts;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod delete;
mod get;
mod replace;
mod update;

/// What the function needs.
#[derive(Clone, FromRef)]
pub struct Deps {
    posts: Posts,
    tokens: AccessTokens,
    limits: RateLimits,
}

impl Deps {
    /// All of it, as template.yaml sets the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            posts: Posts::from_env()?,
            tokens: AccessTokens::from_env()?,
            limits: RateLimits::from_env()?,
        })
    }
}

/// The operations at this function's path.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(get::get, replace::replace, update::update, delete::delete))
}

/// The post, where the caller may see it: somebody else's draft is as good as not there.
fn visible(post: Option<Post>, caller: Option<Caller>) -> Result<Post, Error> {
    post.filter(|post| post.draft.published || caller.is_some_and(|caller| caller.manages(post.author_id)))
        .ok_or(Error::NotFound("Post"))
}

/// The post, where the caller may change it.
fn manageable(post: Option<Post>, caller: Caller) -> Result<Post, Error> {
    let post = visible(post, Some(caller))?;
    if caller.manages(post.author_id) {
        Ok(post)
    } else {
        Err(Error::Forbidden("Only the author and admins may do this"))
    }
}
