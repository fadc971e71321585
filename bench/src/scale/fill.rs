use indicatif::{ProgressBar, ProgressStyle};
use local::dynamodb::DynamoDb;
use serde_json::Value;
use shared::domain::{Post, Problem};
use shared::store::check::Items;

use super::content::Content;
use super::error::Error;

/// The number of items that are written at once, and kept in memory until then.
const BATCH: usize = 5_000;

/// The number of entities that are kept for requests.
const KEPT: u32 = 64;

/// A filled table.
pub(crate) struct Filled {
    pub(crate) size: u32,
    pub(crate) content: Content,
    /// Some of the posts, the oldest first.
    pub(crate) posts: Vec<Post>,
    /// Some of the problems.
    pub(crate) problems: Vec<Problem>,
    /// Bytes of all posts, problems and payments: the size of a scan of each.
    pub(crate) bytes: [u64; 3],
}

/// Writes the items that the stores would write, without the stores.
pub(crate) fn fill(dynamodb: &DynamoDb, table: &str, size: u32) -> Result<Filled, Error> {
    let style = ProgressStyle::with_template("{msg:>8} {wide_bar} {human_pos}/{human_len} {elapsed_precise}");
    let bar = ProgressBar::new(u64::from(size)).with_message("filling");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    // A crash may lose data, because the table is temporary.
    dynamodb.database().enable_bulk_loading().map_err(|error| Error::Database(error.to_string()))?;
    let (content, mut posts, mut problems) = (Content::new()?, Vec::new(), Vec::new());
    let [mut of_posts, mut of_problems, mut of_payments] = <[Items; 3]>::default();
    let mut batch = Vec::new();
    for n in 0..size {
        let (post, problem) = (content.post(n)?, content.problem(n, size)?);
        let (payment, payer) = content.payment(n)?;
        let store = |error| Error::Store("filling", error);
        batch.extend(of_posts.of_post(&post).map_err(store)?);
        batch.extend(of_problems.of_problem(&problem).map_err(store)?);
        batch.extend(of_payments.of_payment(&payment, payer).map_err(store)?);
        if n < KEPT {
            posts.push(post);
            problems.push(problem);
        }
        if batch.len() >= BATCH {
            write(dynamodb, table, std::mem::take(&mut batch))?;
            bar.set_position(u64::from(n));
        }
    }
    for items in [&of_posts, &of_problems, &of_payments] {
        batch.extend(items.counters().map_err(|error| Error::Store("filling", error))?);
    }
    write(dynamodb, table, batch)?;
    bar.finish();
    let bytes = [of_posts, of_problems, of_payments].map(|items| items.entity_bytes);
    Ok(Filled { size, content, posts, problems, bytes })
}

fn write(dynamodb: &DynamoDb, table: &str, batch: Vec<Value>) -> Result<(), Error> {
    dynamodb.import(table, batch).map_err(Error::Database)
}
