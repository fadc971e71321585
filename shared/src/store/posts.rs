use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::from_item;

use super::entities::Entities;
use super::entity::{Description, Entity};
use super::idempotency::First;
use super::list::{List, Source};
use super::table::{Item, Key, parse};
use super::transaction::Transaction;
use super::{Error, IdempotencyRecord, Made, Unique};
use crate::domain::{
    Category, Content, Excerpt, Order, Page, Post, PostAttributes, PostId, PostSort, PostSummary, Revision,
    Start, Timestamp, Title, UserId,
};

/// The separator between a title and an id in a sort key. It sorts before every character of a title, including the
/// space, so that a title comes before longer ones that begin with it.
const SEPARATOR: char = '\u{1f}';

/// The maximum length of a title in a sort key, in bytes. An index's sort key has at most 1,024 bytes (DynamoDB
/// quotas).
const MAX_TITLE_BYTES: usize = 900;

/// The posts. Each is an item of its own, with another one that makes its title unique once it is published.
pub type Posts = Entities<Post, PostId>;

/// A list of posts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostList {
    /// All published posts.
    Published(PostSort),
    /// The published posts of a category.
    Category(Category, PostSort),
    /// All posts of an author, including drafts, by the time of creation.
    Author(UserId),
}

impl Posts {
    /// Adds a post, once if there is a `record`, or ends in [`Unique::Title`] taken.
    pub async fn create(
        &self,
        author_id: UserId,
        attributes: PostAttributes,
        record: Option<&IdempotencyRecord>,
    ) -> Result<Made<Post>, Error> {
        let now = self.clock.now();
        let id = PostId::new(now, &self.random);
        let post = Post { id, author_id, attributes, revision: Revision::first(now) };
        let transaction = Transaction::once(&self.table, record, id, now)?.change(
            &self.table,
            None,
            Some(&post.describe()?),
        )?;
        Ok(match transaction.commit_once(&self.table, &self.random, record).await? {
            None => Made::New(post),
            Some(First { id, at, .. }) => Made::Replayed(Post { id, revision: Revision::first(at), ..post }),
        })
    }

    /// Returns posts of `list`, in `order`.
    pub async fn list(
        &self,
        list: &PostList,
        order: Order,
        start: &Start,
        limit: u32,
    ) -> Result<Page<PostSummary>, Error> {
        let key = |position: &str| position_id(position).ok().map(|id| Post::key(&id));
        let source = Source::Index { name: list.index(), key: Box::new(key) };
        let list = List { source, partition: list.name(), order };
        self.table.page(&list, start, limit, summary).await
    }

    /// Returns the number of posts in `list`.
    pub async fn count(&self, list: &PostList) -> Result<u64, Error> {
        self.table.count(&list.name()).await
    }

    /// Gives `post` these attributes, unless it changed since it was read.
    pub async fn replace(&self, post: &Post, attributes: PostAttributes) -> Result<Post, Error> {
        if post.attributes == attributes {
            return Ok(post.clone());
        }
        let revision = post.revision.next(self.clock.now());
        let next = Post { attributes, revision, ..post.clone() };
        self.change(Some(&post.describe()?), Some(&next.describe()?)).await?;
        Ok(next)
    }

    /// Removes `post` with all of its items, unless it changed since it was read.
    pub async fn delete(&self, post: &Post) -> Result<(), Error> {
        self.change(Some(&post.describe()?), None).await
    }
}

impl PostList {
    /// Returns the lists that `post` is in.
    fn of(post: &Post) -> Vec<Self> {
        let mut lists = vec![Self::Author(post.author_id)];
        if post.attributes.published {
            for sort in [PostSort::CreatedAt, PostSort::Title] {
                lists.push(Self::Published(sort));
                lists.extend(post.attributes.category.clone().map(|category| Self::Category(category, sort)));
            }
        }
        lists
    }

    /// Returns the index of the list.
    fn index(&self) -> &'static str {
        match self {
            Self::Published(PostSort::CreatedAt) => "gsi1",
            Self::Published(PostSort::Title) => "gsi2",
            Self::Category(_, PostSort::CreatedAt) => "gsi3",
            Self::Category(_, PostSort::Title) => "gsi4",
            Self::Author(_) => "gsi5",
        }
    }

    /// Returns the name of the list, which is its partition and its counter.
    fn name(&self) -> String {
        match self {
            Self::Published(_) => "POSTS".to_owned(),
            Self::Category(category, _) => format!("POSTS#{}", category.normalised()),
            Self::Author(author) => format!("AUTHOR#{author}"),
        }
    }

    /// Returns the sort key of `post` in the index.
    fn position(&self, post: &Post) -> String {
        match self {
            Self::Published(PostSort::Title) | Self::Category(_, PostSort::Title) => {
                title_position(&post.attributes.title, post.id)
            }
            _ => post.id.to_string(),
        }
    }
}

impl Entity for Post {
    type Id = PostId;
    const KIND: &str = "POST";
    const COUNTERS: &[&str] = &["AUTHOR", "POSTS"];

    fn read(item: Item) -> Result<Self, Error> {
        let id = Self::id(&item)?;
        let PostItem { author_id, title, content, category, published, revision } = from_item(item)?;
        let attributes = PostAttributes { title, content, category, published };
        Ok(Self { id, author_id, attributes, revision })
    }

    fn describe(&self) -> Result<Description, Error> {
        let (id, author_id, revision) = (self.id, self.author_id, self.revision);
        let PostAttributes { title, content, category, published } = self.attributes.clone();
        let (excerpt, title_key) = (Excerpt::of(&content), title_key(&title));
        let item = PostItem { author_id, title, content, category, published, revision };
        let mut description = Description::of(Self::key(&id), &item)?.computed("excerpt", &excerpt)?;
        // A draft holds no title: whoever is refused one would learn that the draft exists.
        if published {
            description = description.holding(Unique::Title, title_key, &TitleItem { post_id: id })?;
        }
        for list in PostList::of(self) {
            let (index, name, position) = (list.index(), list.name(), list.position(self));
            description = description.indexed(index, &name, &position).counted_in(&name, id.shard());
        }
        Ok(description)
    }
}

fn title_key(title: &Title) -> Key {
    Key::new(format!("TITLE#{}", title.normalised()), "TITLE")
}

/// Returns the sort key in a list by title.
fn title_position(title: &Title, id: PostId) -> String {
    let mut position = title.normalised();
    position.truncate(position.floor_char_boundary(MAX_TITLE_BYTES));
    position.push(SEPARATOR);
    position.push_str(&id.to_string());
    position
}

/// Returns the id at the end of either kind of sort key.
fn position_id(position: &str) -> Result<PostId, Error> {
    let id = position.rsplit(SEPARATOR).next().unwrap_or(position);
    parse(id)
}

/// The stored attributes of a post.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PostItem {
    author_id: UserId,
    title: Title,
    content: Content,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<Category>,
    published: bool,
    #[serde(flatten)]
    revision: Revision,
}

/// The item that reserves a title for a post.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TitleItem {
    post_id: PostId,
}

/// Reads a post from an index.
fn summary(item: Item) -> Result<PostSummary, Error> {
    let id = Post::id(&item)?;
    let SummaryItem { author_id, title, excerpt, category, published, created_at, updated_at } =
        from_item(item)?;
    Ok(PostSummary { id, author_id, title, excerpt, category, published, created_at, updated_at })
}

/// The attributes of a post that the indexes project.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SummaryItem {
    author_id: UserId,
    title: Title,
    excerpt: Excerpt,
    category: Option<Category>,
    published: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn a_title_sorts_before_the_longer_ones_that_begin_with_it() {
        let id = PostId::new(Timestamp::from_millis(1), &Random::seeded(1));
        let position = |title: &str| title_position(&title.parse().unwrap(), id);
        assert!(position("Hello") < position("Hello world"));
        assert!(position("hello") < position("HELLO!"));
    }

    #[test]
    fn a_position_fits_an_index_and_gives_the_id_back() {
        let id = PostId::new(Timestamp::from_millis(1), &Random::seeded(1));
        for title in ["ΐ".repeat(200), "𝄞".repeat(200), "Plain".to_owned()] {
            let position = title_position(&title.parse().unwrap(), id);
            assert!(position.len() <= 1024, "{} bytes", position.len());
            assert_eq!(position_id(&position).unwrap(), id);
        }
        assert_eq!(position_id(&id.to_string()).unwrap(), id);
    }
}
