//! The time and the size of every function, each beside a bare function on the same runtime. Starts the functions'
//! release binaries with the services of `local`, and plays Lambda's Runtime API to them.

mod account;
mod check;
mod error;
mod instructions;
mod lambda;
mod meter;
mod money;
pub(crate) mod peers;
mod price;
mod process;
mod report;
mod request;
mod runtime_api;
mod sample;
mod size;
mod subject;
mod turns;

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::Serialize;

pub(crate) use self::error::Error;
use self::money::Price;
use self::report::Row;
use self::sample::Sample;
use self::subject::{Functions, Subject};
use self::turns::in_turns;
use crate::document;

const DOCUMENT: &str = "docs/performance.md";
const CHART: &str = "performance.svg";

/// Measure the functions' release binaries
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The functions; all of template.yaml by default
    functions: Vec<String>,
    /// The setting; both by default
    #[arg(long)]
    setting: Option<Setting>,
    /// The number of processes of each function; the numbers are medians
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..))]
    samples: u32,
    /// The folder of the binaries
    #[arg(long, default_value = "target/release")]
    binaries: PathBuf,
    /// Price a million requests of each function, too
    #[arg(long)]
    money: bool,
    #[command(flatten)]
    output: Output,
}

/// The uses of the measurements.
#[derive(clap::Args)]
struct Output {
    /// Print JSON instead of tables
    #[arg(long)]
    json: bool,
    /// Write the tables and the chart to docs/, too
    #[arg(long)]
    write: bool,
    /// Fail if a binary is larger, or a start takes more instructions, than docs/performance.md says
    #[arg(long, conflicts_with = "write")]
    check: bool,
}

/// The surroundings of the functions.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Setting {
    /// Plain HTTP to the services, and whole processors
    Plain,
    /// TLS and a network, and the share of a processor that Lambda gives
    Lambda,
}

/// The measurements in each setting.
#[derive(Default, Serialize)]
struct Report {
    #[serde(skip_serializing_if = "Option::is_none")]
    plain: Option<Vec<Row>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lambda: Option<Vec<lambda::Row>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    money: Option<Vec<Price>>,
}

/// Returns the tables of measurements.
pub(crate) async fn run(args: Args, root: &Path) -> Result<String, Error> {
    let functions = Functions::start(root, &args.binaries).await?;
    let subjects = functions.named(&args.functions)?;
    let mut report = Report::default();
    if args.setting != Some(Setting::Lambda) {
        let rows = plain(&subjects, args.samples).await?;
        if args.money {
            report.money = Some(money::measure(&functions.stack, &subjects[2..], &rows[2..]).await?);
        }
        report.plain = Some(rows);
    }
    if args.setting != Some(Setting::Plain) {
        if let Err(obstacle) = lambda::check() {
            eprintln!("nothing is measured as on Lambda: {obstacle}");
        } else {
            report.lambda = Some(lambda::measure(&functions.stack, &subjects, args.samples).await?);
        }
    }
    functions.stack.shutdown().await;
    let document = root.join(DOCUMENT);
    if args.output.check {
        check::check(report.plain.as_deref().ok_or(Error::NothingToCheck)?, &document)?;
    }
    if args.output.write {
        report.write(&document)?;
    }
    Ok(if args.output.json { serde_json::to_string_pretty(&report)? } else { report.tables() })
}

impl Report {
    fn tables(&self) -> String {
        let plain = self.plain.iter().map(|rows| report::table(rows));
        let lambda = self.lambda.iter().map(|rows| lambda::table(rows));
        let money = self.money.iter().flat_map(|prices| [money::table(prices), money::memory_table(prices)]);
        plain.chain(lambda).chain(money).collect::<Vec<_>>().join("\n\n")
    }

    /// Writes what was measured to the document, and the chart beside it.
    fn write(&self, path: &Path) -> Result<(), Error> {
        let occasion = document::occasion();
        if let Some(rows) = &self.plain {
            document::write(path, "plain", &format!("{occasion}\n\n{}", report::table(rows)))?;
        }
        if let Some(rows) = &self.lambda {
            let chart = path.with_file_name(CHART);
            std::fs::write(&chart, lambda::plot(rows)).map_err(|error| Error::Io(chart, error))?;
            let table = lambda::table(rows);
            let text = format!("{occasion}\n\n{table}\n\n![Init and first request of functions]({CHART})");
            document::write(path, "lambda", &text)?;
        }
        if let Some(prices) = &self.money {
            let (prices, memories) = (money::table(prices), money::memory_table(prices));
            document::write(path, "money", &format!("{occasion}\n\n{prices}\n\n{memories}"))?;
        }
        Ok(())
    }
}

async fn plain(subjects: &[Subject], count: u32) -> Result<Vec<Row>, Error> {
    let counts = instructions::can_count();
    if !counts {
        eprintln!("valgrind is not installed, so no instructions are counted");
    }
    let samples = in_turns(subjects, count, Sample::take).await?;
    let mut rows = Vec::new();
    for (subject, samples) in subjects.iter().zip(samples) {
        let instructions = if counts { Some(instructions::count(subject).await?) } else { None };
        rows.push(Row::new(subject, &samples, instructions)?);
    }
    Ok(rows)
}
