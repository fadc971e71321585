//! The log of one invocation, as the Invoke API returns it.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html>

use std::time::Duration;

use super::output::Output;

/// The figures of an invocation.
pub(super) struct Report<'a> {
    pub(super) id: &'a str,
    pub(super) took: Duration,
    pub(super) memory_size: u64,
}

impl Report<'_> {
    /// Returns the lines of the invocation, with Lambda's own before and after them.
    pub(super) async fn around(self, output: &Output) -> Vec<u8> {
        let Self { id, took, memory_size } = self;
        let milliseconds = took.as_secs_f64() * 1000.0;
        let mut log = format!("START RequestId: {id} Version: $LATEST\n").into_bytes();
        log.extend(output.tail().await);
        if log.last() != Some(&b'\n') {
            log.push(b'\n');
        }
        let end = format!(
            "END RequestId: {id}\nREPORT RequestId: {id}\tDuration: {milliseconds:.2} ms\tBilled Duration: {billed} ms\t\
             Memory Size: {memory_size} MB\tMax Memory Used: {used} MB\t\n",
            billed = took.as_millis() + 1,
            used = output.peak_memory().unwrap_or(memory_size),
        );
        log.extend(end.into_bytes());
        log
    }
}
