use serde::{Deserialize, Serialize};

use super::idempotency::First;
use super::list::List;
use super::postings::{Rows, partition};
use super::table::{Consistency, Key, Table};
use super::transaction::Transaction;
use super::{Error, IdempotencyRecord, Made};
use crate::clock::Clock;
use crate::config::ConfigError;
use crate::domain::{
    Description, Difficulty, Order, Page, Problem, ProblemAttributes, ProblemId, ProblemName, ProblemSummary,
    Revision, Start, Timestamp, UserId,
};
use crate::random::Random;

/// The name of the list of all problems, which is its partition and its counter.
pub(super) const LIST: &str = "PROBLEMS";

/// The problems. Each is an item of its own, with the [rows](super::postings) by which its name is found.
#[derive(Clone, Debug)]
pub struct Problems {
    table: Table,
    clock: Clock,
    random: Random,
}

impl Problems {
    /// Connects to the table that the environment names.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self::new(Table::from_env()?, Clock::system(), Random::system()))
    }

    /// Uses `table`.
    #[must_use]
    pub fn new(table: Table, clock: Clock, random: Random) -> Self {
        Self { table, clock, random }
    }

    /// Adds a problem, once if there is a `record`, or ends in [`Error::TooManyGrams`].
    pub async fn create(
        &self,
        author_id: UserId,
        attributes: ProblemAttributes,
        record: Option<&IdempotencyRecord>,
    ) -> Result<Made<Problem>, Error> {
        let now = self.clock.now();
        let id = ProblemId::new(now, &self.random);
        let problem = Problem { id, author_id, attributes, revision: Revision::first(now) };
        let mut transaction = Transaction::once(&self.table, record, id, now)?
            .create(&self.table, &ProblemItem::of(&problem), Error::Internal("the id exists".into()))?
            .count(&self.table, LIST, id.shard(), 1)?;
        for row in Rows::default().renamed(&problem.attributes.name)?.items(&problem) {
            transaction = transaction.put(&self.table, &row)?;
        }
        Ok(match transaction.commit_once(&self.table, &self.random, record).await? {
            None => Made::New(problem),
            Some(First { id, at, .. }) => {
                Made::Replayed(Problem { id, revision: Revision::first(at), ..problem })
            }
        })
    }

    /// Returns the problem with eventual consistency, at half the price of [`get_latest`](Self::get_latest).
    pub async fn get(&self, id: ProblemId) -> Result<Option<Problem>, Error> {
        self.read(id, Consistency::Eventual).await
    }

    /// Returns the problem with every acknowledged change, as a basis for the next one.
    pub async fn get_latest(&self, id: ProblemId) -> Result<Option<Problem>, Error> {
        self.read(id, Consistency::Strong).await
    }

    /// Returns all problems, newest first.
    pub async fn list(&self, start: &Start, limit: u32) -> Result<Page<ProblemSummary>, Error> {
        let list = List {
            index: "gsi1",
            partition: LIST.to_owned(),
            order: Order::Desc,
            key: |position| position.parse().ok().map(problem_key),
        };
        let page: Page<SummaryItem> = self.table.page(&list, start, limit).await?;
        let items = page.items.into_iter().map(ProblemSummary::try_from).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next })
    }

    /// Returns the number of problems.
    pub async fn count(&self) -> Result<u64, Error> {
        self.table.count(LIST).await
    }

    /// Gives `problem` these attributes, unless it changed since it was read; or ends in [`Error::TooManyGrams`].
    pub async fn replace(&self, problem: &Problem, attributes: ProblemAttributes) -> Result<Problem, Error> {
        if problem.attributes == attributes {
            return Ok(problem.clone());
        }
        let now = self.clock.now();
        let next = Problem { attributes, revision: problem.revision.next(now), ..problem.clone() };
        // If the rows belong to another version, the transaction fails because the problem's version differs, too.
        let before = self.table.rows(problem.id).await?;
        let after = before.renamed(&next.attributes.name)?;
        let mut transaction =
            Transaction::default().replace(&self.table, &ProblemItem::of(&next), problem.revision.version)?;
        for row in after.items(&next) {
            transaction = transaction.put(&self.table, &row)?;
        }
        for key in before.keys_without(&after, problem.id) {
            transaction = transaction.release(&self.table, key)?;
        }
        transaction.commit(&self.table, &self.random).await?;
        Ok(next)
    }

    /// Removes `problem` with all of its items, unless it changed since it was read.
    pub async fn delete(&self, problem: &Problem) -> Result<(), Error> {
        let mut transaction = Transaction::default()
            .delete(&self.table, problem_key(problem.id), problem.revision.version)?
            .count(&self.table, LIST, problem.id.shard(), -1)?;
        for key in self.table.rows(problem.id).await?.keys_without(&Rows::default(), problem.id) {
            transaction = transaction.release(&self.table, key)?;
        }
        transaction.commit(&self.table, &self.random).await
    }

    async fn read(&self, id: ProblemId, consistency: Consistency) -> Result<Option<Problem>, Error> {
        let item: Option<ProblemItem> = self.table.get(problem_key(id), consistency).await?;
        item.map(Problem::try_from).transpose()
    }
}

pub(super) fn problem_key(id: ProblemId) -> Key {
    Key::new(partition(id), "PROBLEM")
}

/// Returns the id in a partition key.
fn key_id(pk: &str) -> Result<ProblemId, Error> {
    let id = pk.strip_prefix("PROBLEM#").unwrap_or_default();
    id.parse().map_err(|error| Error::Internal(Box::new(error)))
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProblemItem {
    pk: String,
    sk: String,
    gsi1pk: String,
    gsi1sk: String,
    author_id: UserId,
    name: ProblemName,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Description>,
    difficulty: Difficulty,
    #[serde(flatten)]
    revision: Revision,
}

impl ProblemItem {
    pub(super) fn of(problem: &Problem) -> Self {
        let Key { pk, sk } = problem_key(problem.id);
        Self {
            pk,
            sk,
            gsi1pk: LIST.to_owned(),
            gsi1sk: problem.id.to_string(),
            author_id: problem.author_id,
            name: problem.attributes.name.clone(),
            description: problem.attributes.description.clone(),
            difficulty: problem.attributes.difficulty,
            revision: problem.revision,
        }
    }
}

impl TryFrom<ProblemItem> for Problem {
    type Error = Error;

    fn try_from(item: ProblemItem) -> Result<Self, Error> {
        Ok(Self {
            id: key_id(&item.pk)?,
            author_id: item.author_id,
            attributes: ProblemAttributes {
                name: item.name,
                description: item.description,
                difficulty: item.difficulty,
            },
            revision: item.revision,
        })
    }
}

/// The attributes of a problem that the indexes project, in the list and in postings.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SummaryItem {
    pk: String,
    author_id: UserId,
    name: ProblemName,
    difficulty: Difficulty,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl TryFrom<SummaryItem> for ProblemSummary {
    type Error = Error;

    fn try_from(item: SummaryItem) -> Result<Self, Error> {
        Ok(Self {
            id: key_id(&item.pk)?,
            author_id: item.author_id,
            name: item.name,
            difficulty: item.difficulty,
            created_at: item.created_at,
            updated_at: item.updated_at,
        })
    }
}
