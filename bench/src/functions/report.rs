//! The medians of each function, as a table or as JSON.

use std::time::Duration;

use serde::Serialize;

use super::Error;
use super::instructions::Instructions;
use super::sample::Sample;
use super::size::Size;
use super::subject::Subject;

/// The columns of the table.
pub(super) const HEAD: [&str; 15] = [
    "function",
    "status",
    "init ms",
    "first answer ms",
    "init CPU ms",
    "first answer CPU ms",
    "minor faults",
    COLD_INSTRUCTIONS,
    "warm p50 us",
    "warm p99 us",
    "warm CPU us",
    "warm kinstr",
    "RSS MB",
    DEPLOYED,
    "zip MB",
];
pub(super) const COLD_INSTRUCTIONS: &str = "cold Minstr";
pub(super) const DEPLOYED: &str = "deployed MB";

/// The measurements of one function: medians of its processes.
#[derive(Clone, Serialize)]
#[cfg_attr(test, derive(Default))]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    pub(super) function: String,
    /// The HTTP status of the first answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u64>,
    init_ms: f64,
    first_answer_ms: f64,
    init_cpu_ms: f64,
    first_answer_cpu_ms: f64,
    minor_faults: u64,
    peak_rss_mb: f64,
    /// Millions of instructions until the first answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cold_minstr: Option<f64>,
    warm_p50_us: f64,
    warm_p99_us: f64,
    warm_cpu_us: f64,
    /// Thousands of instructions of a warm request.
    #[serde(skip_serializing_if = "Option::is_none")]
    warm_kinstr: Option<f64>,
    pub(super) deployed_mb: f64,
    zip_mb: f64,
}

impl Row {
    pub(super) fn new(
        subject: &Subject,
        samples: &[Sample],
        instructions: Option<Instructions>,
    ) -> Result<Self, Error> {
        let size = Size::of(&subject.deployed).map_err(|error| Error::Io(subject.deployed.clone(), error))?;
        let mut warm: Vec<Duration> = samples.iter().flat_map(|sample| sample.warm.clone()).collect();
        warm.sort_unstable();
        let percentile = |part: usize| warm.get(warm.len() * part / 100).map_or(0.0, micros);
        let median = |of: fn(&Sample) -> Duration| median(samples, of).as_secs_f64() * 1e3;
        Ok(Self {
            function: subject.name.clone(),
            status: samples.first().and_then(|sample| sample.statuses.first().copied().flatten()),
            init_ms: median(|sample| sample.init),
            first_answer_ms: median(|sample| sample.first_answer),
            init_cpu_ms: median(|sample| sample.init_cpu),
            first_answer_cpu_ms: median(|sample| sample.first_answer_cpu),
            minor_faults: self::median(samples, |sample| sample.minor_faults),
            peak_rss_mb: megabytes(self::median(samples, |sample| sample.peak_rss)),
            cold_minstr: instructions.map(|count| float(count.cold) / 1e6),
            warm_p50_us: percentile(50),
            warm_p99_us: percentile(99),
            warm_cpu_us: median(|sample| sample.warm_cpu) * 1e3,
            warm_kinstr: instructions.map(|count| float(count.warm) / 1e3),
            deployed_mb: megabytes(size.deployed),
            zip_mb: megabytes(size.zipped),
        })
    }

    /// Returns the on-CPU time of a warm request.
    pub(super) fn warm_cpu(&self) -> Duration {
        Duration::from_secs_f64(self.warm_cpu_us / 1e6)
    }
}

/// Formats a row for each function. A number in parentheses is the ratio to the first row.
pub(super) fn table(rows: &[Row]) -> String {
    let Some(bare) = rows.first() else { return String::new() };
    let mut lines = vec![line(HEAD.map(str::to_owned)), format!("|{}", "---|".repeat(HEAD.len()))];
    for row in rows {
        let counted = |of: fn(&Row) -> Option<f64>| {
            let (Some(value), Some(bare)) = (of(row), of(bare)) else { return String::new() };
            ratio(value, bare, 1)
        };
        lines.push(line([
            format!("`{}`", row.function),
            row.status.map(|status| status.to_string()).unwrap_or_default(),
            ratio(row.init_ms, bare.init_ms, 2),
            ratio(row.first_answer_ms, bare.first_answer_ms, 2),
            ratio(row.init_cpu_ms, bare.init_cpu_ms, 2),
            ratio(row.first_answer_cpu_ms, bare.first_answer_cpu_ms, 2),
            row.minor_faults.to_string(),
            counted(|row| row.cold_minstr),
            format!("{:.0}", row.warm_p50_us),
            format!("{:.0}", row.warm_p99_us),
            ratio(row.warm_cpu_us, bare.warm_cpu_us, 0),
            counted(|row| row.warm_kinstr),
            format!("{:.1}", row.peak_rss_mb),
            format!("{:.2}", row.deployed_mb),
            format!("{:.2}", row.zip_mb),
        ]));
    }
    lines.join("\n")
}

pub(super) fn line(cells: impl IntoIterator<Item = String>) -> String {
    format!("| {} |", cells.into_iter().collect::<Vec<_>>().join(" | "))
}

pub(super) fn ratio(value: f64, base: f64, digits: usize) -> String {
    format!("{value:.digits$} ({:.2}x)", value / base)
}

pub(super) fn median<S, T: Ord>(samples: impl IntoIterator<Item = S>, of: impl Fn(S) -> T) -> T {
    let mut values: Vec<T> = samples.into_iter().map(of).collect();
    values.sort_unstable();
    values.swap_remove(values.len() / 2)
}

fn micros(time: &Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn megabytes(bytes: u64) -> f64 {
    float(bytes) / 1e6
}

#[expect(clippy::cast_precision_loss, reason = "no count here comes near 2^52")]
fn float(count: u64) -> f64 {
    count as f64
}
