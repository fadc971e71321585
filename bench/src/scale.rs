//! The costs of requests as the table grows. Fills embedded tables of several sizes, sends the same requests to each,
//! and prints their costs side by side, with the cost of a scan of the same data.

mod content;
mod error;
mod fill;
mod measure;
mod table;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use local::dynamodb::{DynamoDb, ensure};
use local::template::{REGION, Template};
use shared::store::Table;

pub(crate) use self::error::Error;
use self::measure::Measured;
use crate::document;

/// Measure what requests cost in tables of several sizes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The number of posts, problems and payments, each
    #[arg(long, value_delimiter = ' ', default_value = "1000 10000 100000")]
    sizes: Vec<u32>,
    /// Write the table to docs/data-model.md, too
    #[arg(long)]
    write: bool,
}

/// Returns the table of costs.
pub(crate) async fn run(mut args: Args, root: &Path) -> Result<String, Error> {
    args.sizes.sort_unstable();
    args.sizes.dedup();
    let template = Template::load(&root.join("template.yaml"), &BTreeMap::new(), REGION)?;
    let mut columns = Vec::new();
    for size in &args.sizes {
        columns.push(column(&template, *size).await?);
    }
    let markdown = table::markdown(&columns);
    if args.write {
        document::write(&root.join("docs/data-model.md"), "scale", &markdown)?;
    }
    Ok(markdown)
}

/// Measures one size in a table of its own, which is removed afterwards.
async fn column(template: &Template, size: u32) -> Result<Measured, Error> {
    let folder = tempfile::tempdir().map_err(|error| Error::Io(std::env::temp_dir(), error))?;
    let file = folder.path().join("dynamodb.sqlite");
    let address = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0);
    let dynamodb =
        DynamoDb::start(address, Some(&file)).await.map_err(|error| Error::Io(file.clone(), error))?;
    let name = template.tables.first().map(|table| table.name.clone()).unwrap_or_default();
    for table in &template.tables {
        ensure(dynamodb.database(), table)?;
    }
    let filled = fill::fill(&dynamodb, &name, size)?;
    let table = Table::embedded(&name, &format!("http://{}", dynamodb.address()))?;
    measure::measure(&table, &filled).await
}
