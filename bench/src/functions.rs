//! The time and the size of every function, each beside a bare function on the same runtime. Starts the functions'
//! release binaries with the services of `local`, and plays Lambda's Runtime API to them.

mod account;
mod error;
mod instructions;
mod process;
mod report;
mod runtime_api;
mod sample;
mod subject;

use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use local::Stack;

pub(crate) use self::error::Error;
use self::report::Row;
use self::sample::Sample;
use self::subject::Subject;

/// Measure the functions' release binaries
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The functions; all of template.yaml by default
    functions: Vec<String>,
    /// The number of processes of each function; the numbers are medians
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..))]
    samples: u32,
    /// The folder of the binaries
    #[arg(long, default_value = "target/release")]
    binaries: PathBuf,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// Returns the table of measurements.
pub(crate) async fn run(args: Args, root: &Path) -> Result<String, Error> {
    // Signatures are not verified, because that time is not the functions'.
    let stack = Stack::builder()
        .template(root.join("template.yaml"))
        .parameter("RateLimitScale", "1000000")
        .binaries(&args.binaries)
        .without_iam()
        .start()
        .await?;
    let subjects = Subject::all(&stack, root, &args.binaries, &args.functions).await?;
    let counts = instructions::can_count();
    if !counts {
        eprintln!("valgrind is not installed, so no instructions are counted");
    }
    let samples = sample(&subjects, args.samples).await?;
    let mut rows = Vec::new();
    for (subject, samples) in subjects.iter().zip(samples) {
        let instructions = if counts { Some(instructions::count(subject).await?) } else { None };
        rows.push(Row::new(subject, &samples, instructions)?);
    }
    stack.shutdown().await;
    Ok(if args.json { serde_json::to_string_pretty(&rows)? } else { report::table(&rows) })
}

/// Takes the samples of all functions in turns, so that a busy minute of the machine is in the numbers of each.
async fn sample(subjects: &[Subject], count: u32) -> Result<Vec<Vec<Sample>>, Error> {
    let style = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} {elapsed_precise}");
    let bar = ProgressBar::new(u64::from(count) * subjects.len() as u64);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut samples: Vec<Vec<Sample>> = subjects.iter().map(|_| Vec::new()).collect();
    for _ in 0..count {
        for (subject, samples) in subjects.iter().zip(&mut samples) {
            samples.push(Sample::take(subject).await?);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(samples)
}
