//! `cargo xtask fsck`: checks that the items of a table are consistent.

use std::path::Path;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use shared::cost::Cost;
use shared::random::Random;
use shared::store::Table;
use shared::store::check::{Check, Outcome, Report};

use crate::Error;
use crate::table::Place;

/// The number of segments of a table on AWS that are scanned in parallel. An embedded database does one thing at a
/// time.
const SEGMENTS: u8 = 4;

/// Check a table and list every inconsistent item: title and address locks, rows of postings, index keys, counters,
/// usage, and items that nothing writes.
///
/// Each line has a code, the item's key and the mistake; docs/data-model.md explains the codes. The table may be in
/// use: differences are checked again with consistent reads. Counters are compared only if they do not change while the
/// table is scanned twice; the others are listed as unsettled.
///
/// Exit code: 0 if the table is consistent, 1 if there is damage (after `--repair`: if some is left), 3 if all damage was
/// repaired, 2 if the check failed.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub place: Place,
    /// Repair damage that can be repaired without loss. Each transaction has no effect if the item, its entity or the
    /// counter has changed since it was read, so this is safe on a table in use. Counters that keep changing are left
    /// for a quiet time. No counter is repaired while there are unknown or unreadable items, as it may count them
    #[arg(long)]
    pub repair: bool,
}

/// Checks the table and prints the result.
#[must_use]
pub fn run(args: &Args, root: &Path) -> ExitCode {
    let looked = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(Error::Runtime)
        .and_then(|runtime| runtime.block_on(look(args, root)));
    match looked {
        Ok((report, cost)) => {
            print!("{}", describe(&report, cost));
            ExitCode::from(code(&report))
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn code(report: &Report) -> u8 {
    match (report.damage.is_empty(), report.is_clean_now()) {
        (true, _) => 0,
        (false, true) => 3,
        (false, false) => 1,
    }
}

async fn look(args: &Args, root: &Path) -> Result<(Report, Cost), Error> {
    let (place, is_local) = (&args.place, args.place.table.is_none() && args.place.endpoint.is_none());
    let data = place.data_dir(root);
    if is_local && !data.is_dir() {
        return Err(Error::NoData(data));
    }
    let opened = place.open(root).await?;
    let segments = if place.is_on_aws() { SEGMENTS } else { 1 };
    let outcome = check(&opened.table, segments, args.repair).await;
    opened.close().await;
    outcome
}

async fn check(table: &Table, segments: u8, repair: bool) -> Result<(Report, Cost), Error> {
    let style = ProgressStyle::with_template("{spinner} {human_pos} items walked, {per_sec}");
    let bar =
        ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    let checked = Check::new(table, Random::system(), segments);
    let walk = Box::pin(checked.run(repair, |walked| bar.set_position(walked)));
    let (report, cost) = Cost::of(walk).await;
    bar.finish_and_clear();
    Ok((report?, cost))
}

fn describe(report: &Report, cost: Cost) -> String {
    let lines = report.damage.iter().map(ToString::to_string);
    let unsettled =
        report.unsettled.iter().map(|key| format!("unsettled {key}: it changed every time it was read"));
    let mut lines: Vec<String> = lines.chain(unsettled).collect();
    let items: Vec<String> = report.items.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let mended = report.damage.iter().filter(|damage| damage.outcome == Outcome::Mended).count();
    lines.push(format!("items: {}", if items.is_empty() { "none".to_owned() } else { items.join(", ") }));
    lines.push(format!(
        "{} damaged, {mended} of them mended, {} unsettled; {} RCU and {} WCU in {} calls\n",
        report.damage.len(),
        report.unsettled.len(),
        cost.rcu,
        cost.wcu,
        cost.calls
    ));
    lines.join("\n")
}
