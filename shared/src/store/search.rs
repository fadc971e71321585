use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use futures_util::future::try_join_all;

use super::Error;
use super::postings::Gram;
use super::problems::summary;
use super::table::{Table, units};
use crate::config::{ConfigError, FromEnv};
use crate::cost::Cost;
use crate::domain::{Invalid, Page, ProblemId, ProblemSummary, SearchText, Start};

/// The number of grams whose first postings are read to find the rarest one.
const MAX_GRAMS: usize = 6;

/// The number of first postings of each gram. With names of usual length they are smaller than 4 KB, the unit of price.
const FIRST_READ: usize = 11;

/// The maximum number of postings that one page reads. It then ends with the problems found so far.
const MAX_READ: usize = 500;

/// The search for problems by parts of their names. It reads only the [postings](super::postings).
#[derive(Clone, Debug)]
pub struct ProblemSearch {
    table: Table,
}

/// The postings of one gram, newest first.
struct Postings {
    problems: Vec<ProblemSummary>,
    /// The last of them, if there may be more.
    last: Option<ProblemId>,
}

impl FromEnv for ProblemSearch {
    /// Connects to the table that the environment names.
    fn from_env() -> Result<Self, ConfigError> {
        Ok(Self::new(Table::from_env()?))
    }
}

impl ProblemSearch {
    /// Uses `table`.
    #[must_use]
    pub fn new(table: Table) -> Self {
        Self { table }
    }

    /// Returns problems with `text` in their name, newest first, from the beginning or after a position.
    ///
    /// After 500 postings a page ends with fewer problems than `limit`, or none, and still has a next page.
    pub async fn page(
        &self,
        text: &SearchText,
        start: &Start,
        limit: u32,
    ) -> Result<Page<ProblemSummary>, Error> {
        let start = match start {
            Start::Offset(0) => None,
            Start::Offset(_) => return Err(Error::Internal("a search has no pages by number".into())),
            Start::After(position) => {
                Some(position.parse().map_err(|invalid| Error::Internal(Box::<Invalid>::new(invalid)))?)
            }
        };
        let limit = limit as usize;
        let grams = grams(text);
        let firsts = try_join_all(grams.iter().map(|gram| self.read(gram, start, FIRST_READ))).await?;
        // Every match is in the postings of each gram, in the same order. The rarest gram is the one whose first
        // postings go back farthest, or to the end: `None` is less than any id.
        let rarest = grams.iter().zip(firsts).min_by_key(|(_, first)| first.last);
        let Some((gram, mut postings)) = rarest else { return Ok(Page { items: Vec::new(), next: None }) };
        let (mut found, mut read, mut size) = (Vec::new(), 0, FIRST_READ);
        loop {
            read += postings.problems.len();
            found.extend(postings.problems.into_iter().filter(|problem| text.is_in(&problem.name)));
            if found.len() >= limit || postings.last.is_none() || read >= MAX_READ {
                break;
            }
            size = (2 * size).max(limit + 1 - found.len()).min(MAX_READ - read);
            postings = self.read(gram, postings.last, size).await?;
        }
        let mut next = postings.last;
        if found.len() > limit {
            found.truncate(limit);
            next = found.last().map(|problem| problem.id);
        }
        Ok(Page { items: found, next: next.map(|id| id.to_string()) })
    }

    /// Returns the newest `size` postings of `gram`, or those that are older than `after`.
    async fn read(&self, gram: &Gram, after: Option<ProblemId>, size: usize) -> Result<Postings, Error> {
        let index = gram.index();
        let mut query = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .index_name(index)
            .expression_attribute_values(":pk", AttributeValue::S(gram.partition()))
            .scan_index_forward(false)
            .limit(i32::try_from(size).unwrap_or(i32::MAX))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        query = match after {
            None => query.key_condition_expression(format!("{index}pk = :pk")),
            Some(id) => query
                .key_condition_expression(format!("{index}pk = :pk AND {index}sk < :after"))
                .expression_attribute_values(":after", AttributeValue::S(id.to_string())),
        };
        let output = query.send().await?;
        Cost::add(units(output.consumed_capacity()), 0.0);
        let is_end = output.last_evaluated_key.is_none();
        let problems: Vec<ProblemSummary> =
            output.items.unwrap_or_default().into_iter().map(summary).collect::<Result<_, _>>()?;
        let last = problems.last().filter(|_| !is_end).map(|problem| problem.id);
        Ok(Postings { problems, last })
    }
}

/// Returns the grams by which `text` is looked up: the text itself if it is a gram, or else up to [`MAX_GRAMS`] grams
/// of three characters that cover all of its words.
fn grams(text: &SearchText) -> Vec<Gram> {
    let folded = text.folded();
    let length = folded.chars().count().min(Gram::MAX_CHARACTERS);
    let mut runs = Gram::runs(folded, length);
    let mut seen = BTreeSet::new();
    runs.retain(|gram| seen.insert(gram.clone()));
    let wanted = runs.len().min(MAX_GRAMS);
    (0..wanted).map(|n| runs[n * runs.len() / wanted].clone()).collect()
}
