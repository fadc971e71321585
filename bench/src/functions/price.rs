//! The prices of AWS in us-east-1, without free tiers and discounts, as known on 2026-11-28. Prices change: compare them with
//! the pages below before a decision.

use std::time::Duration;

/// A GB-second on arm64, as template.yaml sets it (<https://aws.amazon.com/lambda/pricing/>).
const LAMBDA_GB_SECOND: f64 = 0.000_013_333_4;

/// A million requests (<https://aws.amazon.com/lambda/pricing/>).
pub(super) const LAMBDA_MILLION_REQUESTS: f64 = 0.20;

/// A million requests of an HTTP API, of 512 KB at most (<https://aws.amazon.com/api-gateway/pricing/>).
pub(super) const HTTP_API_MILLION_REQUESTS: f64 = 1.00;

/// A million read request units (<https://aws.amazon.com/dynamodb/pricing/on-demand/>).
const DYNAMODB_MILLION_READS: f64 = 0.125;

/// A million write request units.
const DYNAMODB_MILLION_WRITES: f64 = 0.625;

/// A GB of logs of Lambda, stored in the standard class (<https://aws.amazon.com/cloudwatch/pricing/>).
const LOGS_GB: f64 = 0.50;

/// The size of memory for which a function has one processor (AWS Lambda developer guide, "Configure Lambda function
/// memory").
pub(super) const ONE_PROCESSOR_MB: u64 = 1769;

/// The work of a request, on average.
#[derive(Clone, Copy, Debug)]
pub(super) struct Work {
    /// The time on a processor.
    pub(super) cpu: Duration,
    /// The time in which the function waits.
    pub(super) wait: Duration,
    /// Read request units.
    pub(super) reads: f64,
    /// Write request units.
    pub(super) writes: f64,
    pub(super) log_bytes: f64,
}

impl Work {
    /// Returns the milliseconds that a request is billed with this memory. A function has the memory's share of a
    /// processor, and its work runs on one processor at most.
    pub(super) fn billed_ms(&self, memory_mb: u64) -> f64 {
        let share = (float(memory_mb) / float(ONE_PROCESSOR_MB)).min(1.0);
        let ms = (self.cpu.as_secs_f64() / share + self.wait.as_secs_f64()) * 1e3;
        ms.ceil().max(1.0)
    }

    /// Returns the price in dollars of the time of a million requests.
    pub(super) fn lambda_time(&self, memory_mb: u64) -> f64 {
        let seconds = self.billed_ms(memory_mb) / 1e3 * 1e6;
        float(memory_mb) / 1024.0 * seconds * LAMBDA_GB_SECOND
    }

    /// Returns the price in dollars of the table's work for a million requests.
    pub(super) fn dynamodb(&self) -> f64 {
        self.reads * DYNAMODB_MILLION_READS + self.writes * DYNAMODB_MILLION_WRITES
    }

    /// Returns the price in dollars of the logs of a million requests.
    pub(super) fn logs(&self) -> f64 {
        self.log_bytes * 1e6 / 2_f64.powi(30) * LOGS_GB
    }
}

#[expect(clippy::cast_precision_loss, reason = "a size of memory is far below 2^52")]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Work =
        Work { cpu: Duration::ZERO, wait: Duration::ZERO, reads: 0.0, writes: 0.0, log_bytes: 0.0 };

    #[track_caller]
    fn is_close(value: f64, expected: f64) {
        assert!((value - expected).abs() < 5e-5, "{value} instead of {expected}");
    }

    /// The time in Lambda's own example: 3 million requests of 120 ms with 1,536 MB are 540,000 GB-seconds.
    #[test]
    fn the_time_of_requests_is_priced_as_in_lambdas_example() {
        let work = Work { wait: Duration::from_millis(120), ..NOTHING };
        is_close(3.0 * work.lambda_time(1536), 540_000.0 * 0.000_013_333_4);
        is_close(3.0 * work.lambda_time(1536), 7.200_036);
    }

    #[test]
    fn a_small_share_of_a_processor_takes_longer_and_a_second_one_does_not_help() {
        let work = Work { cpu: Duration::from_millis(26), ..NOTHING };
        // 26 ms / (512 / 1,769) = 89.8 ms
        is_close(work.billed_ms(512), 90.0);
        is_close(work.billed_ms(1769), 26.0);
        is_close(work.billed_ms(3538), 26.0);
        // 0.09 s x 0.5 GB x 1,000,000 = 45,000 GB-seconds
        is_close(work.lambda_time(512), 45_000.0 * 0.000_013_333_4);
    }

    #[test]
    fn waiting_takes_the_same_time_with_every_memory() {
        let work = Work { cpu: Duration::from_micros(300), wait: Duration::from_millis(5), ..NOTHING };
        // 0.3 ms / (128 / 1,769) + 5 ms = 9.1 ms; 0.3 ms + 5 ms = 5.3 ms
        is_close(work.billed_ms(128), 10.0);
        is_close(work.billed_ms(1769), 6.0);
    }

    #[test]
    fn a_request_is_billed_a_millisecond_at_least() {
        is_close(NOTHING.billed_ms(128), 1.0);
        // 0.001 s x 0.125 GB x 1,000,000 = 125 GB-seconds
        is_close(NOTHING.lambda_time(128), 0.001_666_675);
    }

    #[test]
    fn reads_and_writes_are_priced_by_the_million() {
        // DynamoDB's page: 0.125 for a million reads, 0.625 for a million writes.
        is_close(Work { reads: 0.5, ..NOTHING }.dynamodb(), 0.0625);
        is_close(Work { reads: 2.0, writes: 17.0, ..NOTHING }.dynamodb(), 10.875);
    }

    #[test]
    fn logs_are_priced_by_the_gigabyte() {
        // A million lines of 1,024 bytes are 1,024,000,000 / 1,073,741,824 = 0.9537 GB.
        is_close(Work { log_bytes: 1024.0, ..NOTHING }.logs(), 0.476_837);
    }
}
