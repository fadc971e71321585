//! The price of a million requests, and the size of memory for which it is lowest.

use std::time::Duration;

use local::Stack;
use serde::Serialize;

use super::Error;
use super::meter::Meter;
use super::price::{HTTP_API_MILLION_REQUESTS, LAMBDA_MILLION_REQUESTS, ONE_PROCESSOR_MB, Work};
use super::process::Process;
use super::report::{Row, line, median};
use super::subject::Subject;

/// The number of requests, of which the work is the average.
const REQUESTS: u32 = 20;

/// The sizes of memory that are compared.
const MEMORIES_MB: [u64; 5] = [128, 256, 512, 1024, ONE_PROCESSOR_MB];

/// The price of one function's requests, in dollars for a million.
#[derive(Clone, Serialize)]
#[cfg_attr(test, derive(Default))]
#[serde(rename_all = "camelCase")]
pub(super) struct Price {
    function: String,
    memory_mb: u64,
    billed_ms: f64,
    lambda_time: f64,
    lambda_requests: f64,
    http_api: f64,
    dynamodb: f64,
    logs: f64,
    total: f64,
    reads: f64,
    writes: f64,
    log_bytes: f64,
    memories: Vec<Memory>,
}

/// A size of memory.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
struct Memory {
    mb: u64,
    billed_ms: f64,
    lambda_time: f64,
}

/// Prices warm requests of each function, whose on-CPU time is in its row.
pub(super) async fn measure(stack: &Stack, subjects: &[Subject], rows: &[Row]) -> Result<Vec<Price>, Error> {
    let address = stack.dynamodb_url().trim_start_matches("http://").parse();
    let address = address.map_err(|error| Error::Meter(std::io::Error::other(error)))?;
    let meter = Meter::start(address).await.map_err(Error::Meter)?;
    let mut prices = Vec::new();
    for (subject, row) in subjects.iter().zip(rows) {
        let work = work(subject, &meter, row.warm_cpu()).await?;
        prices.push(Price::new(subject, &work));
    }
    Ok(prices)
}

/// Measures the work of a warm request.
async fn work(subject: &Subject, meter: &Meter, cpu: Duration) -> Result<Work, Error> {
    let mut subject = subject.clone();
    subject.environment.insert("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), meter.url.clone());
    let log = tempfile::tempfile().map_err(|error| Error::Io(std::env::temp_dir(), error))?;
    let log_bytes = || log.metadata().map(|file| file.len());
    let log_bytes = || log_bytes().map_err(|error| Error::Io(std::env::temp_dir(), error));
    let mut process = Process::logged(&subject, &log).await?;
    process.polled().await?;
    process.invoke(&subject.request.event()).await?;
    meter.take();
    let (logged, cpu_before) = (log_bytes()?, process.counts()?.cpu);
    let mut times = Vec::new();
    for _ in 0..REQUESTS {
        times.push(process.invoke(&subject.request.event()).await?.0);
    }
    let (cost, requests) = (meter.take(), f64::from(REQUESTS));
    let busy = process.counts()?.cpu.saturating_sub(cpu_before) / REQUESTS;
    Ok(Work {
        cpu,
        wait: median(&times, |time| *time).saturating_sub(busy),
        reads: cost.rcu / requests,
        writes: cost.wcu / requests,
        log_bytes: float(log_bytes()? - logged) / requests,
    })
}

impl Price {
    fn new(subject: &Subject, work: &Work) -> Self {
        let memory_mb = subject.memory_mb;
        let http_api = if subject.has_route { HTTP_API_MILLION_REQUESTS } else { 0.0 };
        let (lambda_time, dynamodb, logs) = (work.lambda_time(memory_mb), work.dynamodb(), work.logs());
        let at = |mb| Memory { mb, billed_ms: work.billed_ms(mb), lambda_time: work.lambda_time(mb) };
        Self {
            function: subject.name.clone(),
            memory_mb,
            billed_ms: work.billed_ms(memory_mb),
            lambda_time,
            lambda_requests: LAMBDA_MILLION_REQUESTS,
            http_api,
            dynamodb,
            logs,
            total: lambda_time + LAMBDA_MILLION_REQUESTS + http_api + dynamodb + logs,
            reads: work.reads,
            writes: work.writes,
            log_bytes: work.log_bytes,
            memories: MEMORIES_MB.map(at).to_vec(),
        }
    }

    /// Returns the size of memory whose time costs least, the fastest one of equal ones.
    fn cheapest(&self) -> Option<Memory> {
        self.memories.iter().rev().min_by(|a, b| a.lambda_time.total_cmp(&b.lambda_time)).copied()
    }

    /// Returns the size that AWS Lambda Power Tuning would choose with its strategy `balanced`: the price and the time, each
    /// divided by its greatest value, have the least sum.
    fn balanced(&self) -> Option<Memory> {
        let greatest =
            |of: fn(&Memory) -> f64| self.memories.iter().map(of).fold(f64::MIN_POSITIVE, f64::max);
        let (price, time) = (greatest(|memory| memory.lambda_time), greatest(|memory| memory.billed_ms));
        let sum = |memory: &Memory| memory.lambda_time / price + memory.billed_ms / time;
        self.memories.iter().min_by(|a, b| sum(a).total_cmp(&sum(b))).copied()
    }
}

/// Formats the prices.
pub(super) fn table(prices: &[Price]) -> String {
    let head =
        ["function", "MB", "billed ms", "Lambda time $", "Lambda requests $", "HTTP API $", "RRU", "WRU"];
    let mut lines =
        Vec::from(titles(head.into_iter().chain(["DynamoDB $", "log bytes", "logs $", "total $"])));
    for price in prices {
        lines.push(line([
            format!("`{}`", price.function),
            price.memory_mb.to_string(),
            format!("{:.0}", price.billed_ms),
            format!("{:.3}", price.lambda_time),
            format!("{:.2}", price.lambda_requests),
            format!("{:.2}", price.http_api),
            price.reads.to_string(),
            price.writes.to_string(),
            format!("{:.3}", price.dynamodb),
            format!("{:.0}", price.log_bytes),
            format!("{:.3}", price.logs),
            format!("{:.2}", price.total),
        ]));
    }
    lines.join("\n")
}

/// Formats the time with each size of memory, and its price.
pub(super) fn memory_table(prices: &[Price]) -> String {
    let sizes = MEMORIES_MB.map(|memory| format!("{memory} MB"));
    let head = ["function"].into_iter().chain(sizes.iter().map(String::as_str));
    let mut lines = Vec::from(titles(head.chain(["cheapest MB", "balanced MB", "template's MB"])));
    for price in prices {
        let memories = price.memories.iter();
        let cells = memories.map(|memory| format!("{:.0} ms, ${:.3}", memory.billed_ms, memory.lambda_time));
        let mb = |memory: Option<Memory>| memory.map(|memory| memory.mb.to_string()).unwrap_or_default();
        let end = [mb(price.cheapest()), mb(price.balanced()), price.memory_mb.to_string()];
        lines.push(line([format!("`{}`", price.function)].into_iter().chain(cells).chain(end)));
    }
    lines.join("\n")
}

/// Returns the first two lines of a table.
fn titles<'a>(head: impl Iterator<Item = &'a str> + Clone) -> [String; 2] {
    [line(head.clone().map(str::to_owned)), format!("|{}", "---|".repeat(head.count()))]
}

#[expect(clippy::cast_precision_loss, reason = "no count here comes near 2^52")]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(memories: &[(u64, f64, f64)]) -> Price {
        let memory = |&(mb, billed_ms, lambda_time)| Memory { mb, billed_ms, lambda_time };
        Price { memories: memories.iter().map(memory).collect(), ..Price::default() }
    }

    #[test]
    fn the_balanced_size_has_the_least_sum_of_price_and_time() {
        // 0.5 + 1.0, 0.55 + 0.5, 1.0 + 0.4
        let price = price(&[(128, 10.0, 5.0), (256, 5.0, 5.5), (512, 4.0, 10.0)]);
        assert_eq!(price.balanced().map(|memory| memory.mb), Some(256));
        assert_eq!(price.cheapest().map(|memory| memory.mb), Some(128));
    }

    #[test]
    fn the_fastest_of_sizes_with_one_price_is_the_cheapest() {
        let price = price(&[(128, 10.0, 5.0), (256, 5.0, 5.0), (512, 4.0, 10.0)]);
        assert_eq!(price.cheapest().map(|memory| memory.mb), Some(256));
    }
}
