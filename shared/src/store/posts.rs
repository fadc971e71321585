use serde::{Deserialize, Serialize};

use super::idempotency::First;
use super::list::List;
use super::table::{Consistency, Key, Table};
use super::transaction::Transaction;
use super::{Error, IdempotencyRecord, Made, Unique};
use crate::clock::Clock;
use crate::config::ConfigError;
use crate::domain::{
    Category, Content, Excerpt, Order, Page, Post, PostAttributes, PostId, PostSort, PostSummary, Revision,
    Start, Timestamp, Title, UserId,
};
use crate::random::Random;

/// The separator between a title and an id in a sort key. It sorts before every character of a title, including the
/// space, so that a title comes before longer ones that begin with it.
const SEPARATOR: char = '\u{1f}';

/// The maximum length of a title in a sort key, in bytes. An index's sort key has at most 1,024 bytes (DynamoDB
/// quotas).
const MAX_TITLE_BYTES: usize = 900;

/// The posts. Each is an item of its own, with another one that makes its title unique.
#[derive(Clone, Debug)]
pub struct Posts {
    table: Table,
    clock: Clock,
    random: Random,
}

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
    /// Connects to the table that the environment names.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self::new(Table::from_env()?, Clock::system(), Random::system()))
    }

    /// Uses `table`.
    #[must_use]
    pub fn new(table: Table, clock: Clock, random: Random) -> Self {
        Self { table, clock, random }
    }

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
        let transaction = Transaction::once(&self.table, record, id, now)?
            .create(&self.table, &TitleItem::of(&post), Error::Taken(Unique::Title))?
            .create(&self.table, &PostItem::of(&post), Error::Internal("the id exists".into()))?;
        let transaction = self.count_in(transaction, &[], &counters(&post), id)?;
        Ok(match transaction.commit_once(&self.table, &self.random, record).await? {
            None => Made::New(post),
            Some(First { id, at, .. }) => Made::Replayed(Post { id, revision: Revision::first(at), ..post }),
        })
    }

    /// Returns the post with eventual consistency, at half the price of [`get_latest`](Self::get_latest).
    pub async fn get(&self, id: PostId) -> Result<Option<Post>, Error> {
        self.read(id, Consistency::Eventual).await
    }

    /// Returns the post with every acknowledged change, as a basis for the next one.
    pub async fn get_latest(&self, id: PostId) -> Result<Option<Post>, Error> {
        self.read(id, Consistency::Strong).await
    }

    /// Returns posts of `list`, in `order`.
    pub async fn list(
        &self,
        list: &PostList,
        order: Order,
        start: &Start,
        limit: u32,
    ) -> Result<Page<PostSummary>, Error> {
        let (index, partition) = list.partition();
        let list = List { index, partition, order, key: |position| position_id(position).ok().map(post_key) };
        let page: Page<SummaryItem> = self.table.page(&list, start, limit).await?;
        let items = page.items.into_iter().map(PostSummary::try_from).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next })
    }

    /// Returns the number of posts in `list`.
    pub async fn count(&self, list: &PostList) -> Result<u64, Error> {
        self.table.count(&list.counter()).await
    }

    /// Gives `post` these attributes, unless it changed since it was read.
    pub async fn replace(&self, post: &Post, attributes: PostAttributes) -> Result<Post, Error> {
        if post.attributes == attributes {
            return Ok(post.clone());
        }
        let now = self.clock.now();
        let next = Post { attributes, revision: post.revision.next(now), ..post.clone() };
        let mut transaction =
            Transaction::default().replace(&self.table, &PostItem::of(&next), post.revision.version)?;
        if title_key(&next.attributes.title) != title_key(&post.attributes.title) {
            transaction = transaction
                .create(&self.table, &TitleItem::of(&next), Error::Taken(Unique::Title))?
                .release(&self.table, title_key(&post.attributes.title))?;
        }
        self.count_in(transaction, &counters(post), &counters(&next), post.id)?
            .commit(&self.table, &self.random)
            .await?;
        Ok(next)
    }

    /// Removes `post` with all of its items, unless it changed since it was read.
    pub async fn delete(&self, post: &Post) -> Result<(), Error> {
        let transaction = Transaction::default()
            .delete(&self.table, post_key(post.id), post.revision.version)?
            .release(&self.table, title_key(&post.attributes.title))?;
        self.count_in(transaction, &counters(post), &[], post.id)?.commit(&self.table, &self.random).await
    }

    async fn read(&self, id: PostId, consistency: Consistency) -> Result<Option<Post>, Error> {
        let item: Option<PostItem> = self.table.get(post_key(id), consistency).await?;
        item.map(Post::try_from).transpose()
    }

    /// Moves a post from its old counters to its new ones.
    fn count_in(
        &self,
        mut transaction: Transaction,
        before: &[String],
        after: &[String],
        id: PostId,
    ) -> Result<Transaction, Error> {
        for left in before.iter().filter(|counter| !after.contains(counter)) {
            transaction = transaction.count(&self.table, left, id.shard(), -1)?;
        }
        for entered in after.iter().filter(|counter| !before.contains(counter)) {
            transaction = transaction.count(&self.table, entered, id.shard(), 1)?;
        }
        Ok(transaction)
    }
}

impl PostList {
    /// Returns the index of the list, and its partition there.
    fn partition(&self) -> (&'static str, String) {
        match self {
            Self::Published(PostSort::CreatedAt) => ("gsi1", self.counter()),
            Self::Published(PostSort::Title) => ("gsi2", self.counter()),
            Self::Category(_, PostSort::CreatedAt) => ("gsi3", self.counter()),
            Self::Category(_, PostSort::Title) => ("gsi4", self.counter()),
            Self::Author(_) => ("gsi5", self.counter()),
        }
    }

    /// Returns the name of the list, which is its counter and its partition.
    fn counter(&self) -> String {
        match self {
            Self::Published(_) => "POSTS".to_owned(),
            Self::Category(category, _) => format!("POSTS#{}", category.normalised()),
            Self::Author(author) => format!("AUTHOR#{author}"),
        }
    }
}

/// Returns the counters that count `post`.
pub(super) fn counters(post: &Post) -> Vec<String> {
    let mut lists = vec![PostList::Author(post.author_id)];
    if post.attributes.published {
        lists.push(PostList::Published(PostSort::CreatedAt));
        lists.extend(
            post.attributes
                .category
                .clone()
                .map(|category| PostList::Category(category, PostSort::CreatedAt)),
        );
    }
    lists.iter().map(PostList::counter).collect()
}

pub(super) fn post_key(id: PostId) -> Key {
    Key::new(format!("POST#{id}"), "POST")
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
    id.parse().map_err(|error| Error::Internal(Box::new(error)))
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PostItem {
    pk: String,
    sk: String,
    #[serde(flatten)]
    indexes: IndexKeys,
    author_id: UserId,
    title: Title,
    content: Content,
    excerpt: Excerpt,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<Category>,
    published: bool,
    #[serde(flatten)]
    revision: Revision,
}

/// The index keys of a post. It is in an index only if it has the index's keys.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct IndexKeys {
    #[serde(skip_serializing_if = "Option::is_none")]
    gsi1pk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gsi1sk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gsi2pk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gsi2sk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gsi3pk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gsi3sk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gsi4pk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gsi4sk: Option<String>,
    gsi5pk: Option<String>,
    gsi5sk: Option<String>,
}

impl IndexKeys {
    fn of(post: &Post) -> Self {
        let id = Some(post.id.to_string());
        let title = Some(title_position(&post.attributes.title, post.id));
        let mut keys = Self {
            gsi5pk: Some(PostList::Author(post.author_id).counter()),
            gsi5sk: id.clone(),
            ..Self::default()
        };
        if post.attributes.published {
            let all = Some(PostList::Published(PostSort::CreatedAt).counter());
            (keys.gsi1pk, keys.gsi1sk) = (all.clone(), id.clone());
            (keys.gsi2pk, keys.gsi2sk) = (all, title.clone());
            if let Some(category) = &post.attributes.category {
                let category = Some(PostList::Category(category.clone(), PostSort::CreatedAt).counter());
                (keys.gsi3pk, keys.gsi3sk) = (category.clone(), id);
                (keys.gsi4pk, keys.gsi4sk) = (category, title);
            }
        }
        keys
    }
}

impl PostItem {
    pub(super) fn of(post: &Post) -> Self {
        let Key { pk, sk } = post_key(post.id);
        Self {
            pk,
            sk,
            indexes: IndexKeys::of(post),
            author_id: post.author_id,
            title: post.attributes.title.clone(),
            excerpt: Excerpt::of(&post.attributes.content),
            content: post.attributes.content.clone(),
            category: post.attributes.category.clone(),
            published: post.attributes.published,
            revision: post.revision,
        }
    }
}

impl TryFrom<PostItem> for Post {
    type Error = Error;

    fn try_from(item: PostItem) -> Result<Self, Error> {
        Ok(Self {
            id: key_id(&item.pk)?,
            author_id: item.author_id,
            attributes: PostAttributes {
                title: item.title,
                content: item.content,
                category: item.category,
                published: item.published,
            },
            revision: item.revision,
        })
    }
}

/// The attributes of a post that the indexes project.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SummaryItem {
    pk: String,
    author_id: UserId,
    title: Title,
    excerpt: Excerpt,
    category: Option<Category>,
    published: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl TryFrom<SummaryItem> for PostSummary {
    type Error = Error;

    fn try_from(item: SummaryItem) -> Result<Self, Error> {
        Ok(Self {
            id: key_id(&item.pk)?,
            author_id: item.author_id,
            title: item.title,
            excerpt: item.excerpt,
            category: item.category,
            published: item.published,
            created_at: item.created_at,
            updated_at: item.updated_at,
        })
    }
}

/// Returns the id in a post's partition key.
fn key_id(pk: &str) -> Result<PostId, Error> {
    position_id(pk.strip_prefix("POST#").unwrap_or_default())
}

/// The item that reserves a title for a post.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TitleItem {
    pk: String,
    sk: String,
    post_id: PostId,
}

impl TitleItem {
    pub(super) fn of(post: &Post) -> Self {
        let Key { pk, sk } = title_key(&post.attributes.title);
        Self { pk, sk, post_id: post.id }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
