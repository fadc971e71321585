use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{
    Category, Content, Excerpt, Post, PostDraft, PostId, PostSummary, Timestamp, Title, UserId,
};
use crate::http::{Change, Fields, FromFields, Pagination, Resource, Validators};

/// A whole post, as a client sends it.
#[derive(ToSchema)]
pub struct PostInput {
    title: Title,
    content: Content,
    category: Option<Category>,
    /// Whether others see it.
    #[schema(default = false, required = false)]
    published: bool,
}

impl FromFields for PostInput {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let title = fields.required("title");
        let content = fields.required("content");
        let category = fields.optional("category");
        let published = fields.optional("published");
        Some(Self {
            title: title?,
            content: content?,
            category: category?,
            published: published?.unwrap_or_default(),
        })
    }
}

impl From<PostInput> for PostDraft {
    fn from(input: PostInput) -> Self {
        let PostInput { title, content, category, published } = input;
        Self { title, content, category, published }
    }
}

/// Changes to a post, as a JSON merge patch (RFC 7396): what is missing stays as it is.
#[derive(ToSchema)]
pub struct PostPatch {
    #[schema(nullable = false)]
    title: Option<Title>,
    #[schema(nullable = false)]
    content: Option<Content>,
    /// `null` removes it.
    #[schema(value_type = Option<Category>)]
    category: Change<Category>,
    #[schema(nullable = false)]
    published: Option<bool>,
}

impl FromFields for PostPatch {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let title = fields.patch("title");
        let content = fields.patch("content");
        let category = fields.change("category");
        let published = fields.patch("published");
        Some(Self { title: title?, content: content?, category: category?, published: published? })
    }
}

impl PostPatch {
    /// What `draft` becomes.
    #[must_use]
    pub fn apply(&self, draft: &PostDraft) -> PostDraft {
        PostDraft {
            title: self.title.as_ref().unwrap_or(&draft.title).clone(),
            content: self.content.as_ref().unwrap_or(&draft.content).clone(),
            category: self.category.apply(draft.category.as_ref()),
            published: self.published.unwrap_or(draft.published),
        }
    }
}

/// A post.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PostBody {
    id: PostId,
    title: Title,
    content: Content,
    #[schema(required)]
    category: Option<Category>,
    published: bool,
    author_id: UserId,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl PostBody {
    /// The post with its entity tag, the same for everybody who may see it.
    #[must_use]
    pub fn resource(post: Post) -> Resource<Self> {
        let validators = Validators::of(post.revision);
        let PostDraft { title, content, category, published } = post.draft;
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

/// A post in a list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PostSummaryBody {
    id: PostId,
    title: Title,
    /// The beginning of the content, in one line.
    excerpt: Excerpt,
    #[schema(required)]
    category: Option<Category>,
    published: bool,
    author_id: UserId,
    created_at: Timestamp,
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
pub struct PostListBody {
    /// In the order that was asked for.
    pub posts: Vec<PostSummaryBody>,
    /// Where the page stands in the list.
    pub pagination: Pagination,
}
