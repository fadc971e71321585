//! The instructions that a function executes, as valgrind counts them. They hardly differ between runs, however busy
//! the machine is.

use std::process::{Command, Stdio};

use super::Error;
use super::process::Process;
use super::subject::Subject;

/// The number of warm requests.
const REQUESTS: u64 = 20;

/// The instructions of a function.
#[derive(Clone, Copy)]
pub(super) struct Instructions {
    /// From its first instruction to the poll after its first answer.
    pub(super) cold: u64,
    /// Of one more request, on average.
    pub(super) warm: u64,
}

/// Tells whether valgrind is installed.
pub(super) fn can_count() -> bool {
    let version =
        Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// Counts in two runs: one ends after the first request, the other one later.
pub(super) async fn count(subject: &Subject) -> Result<Instructions, Error> {
    let cold = of_requests(subject, 1).await?;
    let both = of_requests(subject, 1 + REQUESTS).await?;
    Ok(Instructions { cold, warm: both.saturating_sub(cold) / REQUESTS })
}

async fn of_requests(subject: &Subject, requests: u64) -> Result<u64, Error> {
    let folder = tempfile::tempdir().map_err(|error| Error::Io(std::env::temp_dir(), error))?;
    let file = folder.path().join("callgrind.out");
    let out = format!("--callgrind-out-file={}", file.display());
    let wrapper = ["valgrind", "--tool=callgrind", &out].map(str::to_owned);
    let mut process = Process::start(subject, &wrapper).await?;
    process.polled().await?;
    for _ in 0..requests {
        process.invoke(&subject.request.event()).await?;
    }
    process.terminate().await?;
    let counted = std::fs::read_to_string(&file).map_err(|error| Error::Io(file, error))?;
    let total = counted.lines().find_map(|line| line.strip_prefix("totals:"));
    let total = total.and_then(|total| total.trim().parse().ok());
    total.ok_or_else(|| Error::NoInstructions(subject.name.clone()))
}
