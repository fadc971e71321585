use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{
    Category, Content, Excerpt, Post, PostAttributes, PostId, PostSummary, Timestamp, Title, UserId,
};
use crate::http::{Change, Pagination, Resource, Validators};
use crate::input;

input! {
    /// The fields of a post.
    pub struct PostInput {
        /// The title, in one line. It is unique among published posts, regardless of case.
        title: Title = required("title"),
        /// The text.
        content: Content = required("content"),
        /// The category, in one line.
        category: Option<Category> = optional("category"),
        /// `true` publishes the post; a draft is visible to its author and to admins only.
        published: bool = or_default("published"),
    }
}

impl From<PostInput> for PostAttributes {
    fn from(input: PostInput) -> Self {
        let PostInput { title, content, category, published } = input;
        Self { title, content, category, published }
    }
}

input! {
    /// Changes to a post, as a JSON merge patch (RFC 7396): missing members stay as they are.
    pub struct PostPatch {
        /// The new title.
        title: Option<Title> = patch("title"),
        /// The new text.
        content: Option<Content> = patch("content"),
        /// The new category; `null` removes it.
        category: Change<Category> = change("category"),
        /// `true` publishes the post, `false` makes it a draft.
        published: Option<bool> = patch("published"),
    }
}

impl PostPatch {
    /// Returns `attributes` with the changes applied.
    #[must_use]
    pub fn apply(&self, attributes: &PostAttributes) -> PostAttributes {
        PostAttributes {
            title: self.title.as_ref().unwrap_or(&attributes.title).clone(),
            content: self.content.as_ref().unwrap_or(&attributes.content).clone(),
            category: self.category.apply(attributes.category.as_ref()),
            published: self.published.unwrap_or(attributes.published),
        }
    }
}

/// A post.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Post)]
pub struct PostBody {
    id: PostId,
    title: Title,
    content: Content,
    /// The category, if the post has one.
    #[schema(required)]
    category: Option<Category>,
    /// `false` if the post is a draft, visible to its author and to admins only.
    #[schema(example = true)]
    published: bool,
    /// The user who wrote the post.
    author_id: UserId,
    /// The time when the post was created.
    created_at: Timestamp,
    /// The time of the last change.
    updated_at: Timestamp,
}

impl PostBody {
    /// Returns the post with its entity tag, which is the same for every caller who may see the post.
    #[must_use]
    pub fn resource(post: Post) -> Resource<Self> {
        let validators = Validators::of(post.revision);
        let PostAttributes { title, content, category, published } = post.attributes;
        let body = Self {
            id: post.id,
            title,
            content,
            category,
            published,
            author_id: post.author_id,
            created_at: post.revision.created_at,
            updated_at: post.revision.updated_at,
        };
        Resource { validators, body }
    }
}

/// A post in a list, without its whole text.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PostSummary)]
pub struct PostSummaryBody {
    id: PostId,
    title: Title,
    excerpt: Excerpt,
    /// The category, if the post has one.
    #[schema(required)]
    category: Option<Category>,
    /// `false` if the post is a draft, visible to its author and to admins only.
    #[schema(example = true)]
    published: bool,
    /// The user who wrote the post.
    author_id: UserId,
    /// The time when the post was created.
    created_at: Timestamp,
    /// The time of the last change.
    updated_at: Timestamp,
}

impl From<PostSummary> for PostSummaryBody {
    fn from(post: PostSummary) -> Self {
        Self {
            id: post.id,
            title: post.title,
            excerpt: post.excerpt,
            category: post.category,
            published: post.published,
            author_id: post.author_id,
            created_at: post.created_at,
            updated_at: post.updated_at,
        }
    }
}

/// A page of posts.
#[derive(Serialize, ToSchema)]
#[schema(as = PostList)]
pub struct PostListBody {
    /// The posts of the page, in the requested order.
    pub posts: Vec<PostSummaryBody>,
    /// The position of the page in the list.
    pub pagination: Pagination,
}
