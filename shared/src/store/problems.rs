use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::from_item;

use super::entities::Entities;
use super::entity::{Description, Entity};
use super::idempotency::First;
use super::list::{List, Source};
use super::postings::Rows;
use super::table::Item;
use super::transaction::Transaction;
use super::{Error, IdempotencyRecord, Made};
use crate::domain::{
    self, Difficulty, Order, Page, Problem, ProblemAttributes, ProblemId, ProblemName, ProblemSummary,
    Revision, Start, Timestamp, UserId,
};

/// The name of the list of all problems, which is its partition and its counter.
const LIST: &str = "PROBLEMS";

/// The problems. Each is an item of its own, with the [rows](super::postings) by which its name is found.
pub type Problems = Entities<Problem, ProblemId>;

impl Problems {
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
        let transaction = Transaction::once(&self.table, record, id, now)?.change(
            &self.table,
            None,
            Some(&problem.describe()?),
        )?;
        Ok(match transaction.commit_once(&self.table, &self.random, record).await? {
            None => Made::New(problem),
            Some(First { id, at, .. }) => {
                Made::Replayed(Problem { id, revision: Revision::first(at), ..problem })
            }
        })
    }

    /// Returns all problems, newest first.
    pub async fn list(&self, start: &Start, limit: u32) -> Result<Page<ProblemSummary>, Error> {
        let list = List {
            source: Source::Index {
                name: "gsi1",
                key: Box::new(|position| position.parse().ok().map(|id| Problem::key(&id))),
            },
            partition: LIST.to_owned(),
            order: Order::Desc,
        };
        self.table.page(&list, start, limit, summary).await
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
        let revision = problem.revision.next(self.clock.now());
        let next = Problem { attributes, revision, ..problem.clone() };
        // If the rows belong to another version, the transaction fails because the problem's version differs, too.
        let rows = self.table.rows_of_problem(problem.id).await?;
        let next_rows = rows.renamed(&next.attributes.name)?;
        let (before, after) = (problem.with_rows(&rows)?, next.with_rows(&next_rows)?);
        self.change(Some(&before), Some(&after)).await?;
        Ok(next)
    }

    /// Removes `problem` with all of its items, unless it changed since it was read.
    pub async fn delete(&self, problem: &Problem) -> Result<(), Error> {
        let rows = self.table.rows_of_problem(problem.id).await?;
        self.change(Some(&problem.with_rows(&rows)?), None).await
    }
}

impl Entity for Problem {
    type Id = ProblemId;
    const KIND: &str = "PROBLEM";
    const COUNTERS: &[&str] = &[LIST];

    fn read(item: Item) -> Result<Self, Error> {
        let id = Self::id(&item)?;
        let ProblemItem { author_id, name, description, difficulty, revision } = from_item(item)?;
        let attributes = ProblemAttributes { name, description, difficulty };
        Ok(Self { id, author_id, attributes, revision })
    }

    /// Describes the rows of a problem that was never renamed.
    fn describe(&self) -> Result<Description, Error> {
        self.with_rows(&Rows::default().renamed(&self.attributes.name)?)
    }
}

impl Problem {
    fn with_rows(&self, rows: &Rows) -> Result<Description, Error> {
        let ProblemAttributes { name, description, difficulty } = self.attributes.clone();
        let item =
            ProblemItem { author_id: self.author_id, name, description, difficulty, revision: self.revision };
        Ok(Description::of(Self::key(&self.id), &item)?
            .indexed("gsi1", LIST, &self.id.to_string())
            .counted_in(LIST, self.id.shard())
            .with(rows.items(self)?))
    }
}

/// The stored attributes of a problem.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProblemItem {
    author_id: UserId,
    name: ProblemName,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<domain::Description>,
    difficulty: Difficulty,
    #[serde(flatten)]
    revision: Revision,
}

/// Reads a problem from an index: from the list, or from a posting.
pub(super) fn summary(item: Item) -> Result<ProblemSummary, Error> {
    let id = Problem::id(&item)?;
    let SummaryItem { author_id, name, difficulty, created_at, updated_at } = from_item(item)?;
    Ok(ProblemSummary { id, author_id, name, difficulty, created_at, updated_at })
}

/// The attributes of a problem that the indexes project.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SummaryItem {
    author_id: UserId,
    name: ProblemName,
    difficulty: Difficulty,
    created_at: Timestamp,
    updated_at: Timestamp,
}
