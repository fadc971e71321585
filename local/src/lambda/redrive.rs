//! Failed events, which are in a function's queue, given to the function again.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::instances::{Pool, Pools};
use super::trace;
use crate::dynamodb::Streams;
use crate::sqs::{Queues, Received};
use crate::template::queue_of_arn;

/// The time for which a message is hidden while its function has the event, beyond the function's timeout.
const MARGIN: Duration = Duration::from_mins(1);

/// The outcome of a redrive.
#[derive(Debug, Default)]
pub struct Redriven {
    /// The number of events that succeeded. Their messages are deleted.
    pub succeeded: usize,
    /// The functions whose events failed again, with the reasons. Their messages stay in the queue.
    pub failed: Vec<String>,
}

impl Redriven {
    /// Gives the event of each message in the functions' queues for failed events to its function once.
    pub(crate) async fn of(pools: &Pools, queues: &Queues, streams: &Streams) -> Self {
        let mut redriven = Self::default();
        for pool in pools.iter() {
            let failure = pool.function().destinations.failure.as_ref();
            let of_streams = streams.failures_of(&pool.function().name);
            let targets = failure.map(|destination| destination.arn.as_str()).into_iter().chain(of_streams);
            let names: BTreeSet<&str> = targets.filter_map(queue_of_arn).collect();
            for queue in names {
                redriven.queue(pool, queues, queue, streams).await;
            }
        }
        redriven
    }

    async fn queue(&mut self, pool: &Arc<Pool>, queues: &Queues, queue: &str, streams: &Streams) {
        let hidden = pool.function().timeout + MARGIN;
        let (mut seen, mut left) = (BTreeSet::new(), Vec::new());
        loop {
            // The template has the queue, so nothing fails here.
            let received = queues.receive(queue, 1, Some(hidden), Duration::ZERO).await.unwrap_or_default();
            let Some(Received { message, receipt }) = received.into_iter().next() else { break };
            // Messages that failed are hidden, unless the redrive takes long.
            if !seen.insert(message.id.clone()) {
                left.push(receipt);
                break;
            }
            let record: Value = serde_json::from_str(&message.body).unwrap_or_default();
            let function = record["requestContext"]["functionArn"].as_str().unwrap_or_default();
            if function.strip_suffix(":$LATEST").unwrap_or(function) != pool.arn() {
                // The event of another function with the same queue.
                left.push(receipt);
                continue;
            }
            match invoke(pool, &record, streams).await {
                Ok(()) => {
                    self.succeeded += 1;
                    // A message that stays is an event that comes once more, which does no harm.
                    let _ = queues.delete(queue, &receipt);
                }
                Err(error) => {
                    self.failed.push(format!(
                        "{}: {} failed again: {error}",
                        pool.function().name,
                        message.id
                    ));
                    left.push(receipt);
                }
            }
        }
        for receipt in left {
            let _ = queues.change_visibility(queue, &receipt, Duration::ZERO);
        }
    }
}

/// Gives the event of a failure to its function. The record of an asynchronous event has it; that of a batch of a stream
/// has only its place there.
async fn invoke(pool: &Arc<Pool>, record: &Value, streams: &Streams) -> Result<(), String> {
    let batch = &record["DDBStreamBatchInfo"];
    let event = if batch.is_object() {
        let records = streams.batch(&pool.function().name, batch).await.map_err(|error| error.to_string())?;
        if records.is_empty() {
            return Err("the stream no longer has its records".to_owned());
        }
        json!({ "Records": records })
    } else {
        record["requestPayload"].clone()
    };
    let invocation = pool.invoke(Bytes::from(event.to_string()), trace::new()).await;
    let answer = invocation.map_err(|error| error.to_string())?.payload;
    let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
    match answer["batchItemFailures"].as_array() {
        Some(failures) if !failures.is_empty() => Err(format!("it reports {} records", failures.len())),
        _ => Ok(()),
    }
}

impl fmt::Display for Redriven {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for failed in &self.failed {
            writeln!(formatter, "{failed}")?;
        }
        write!(formatter, "redrive: {} succeeded, {} failed", self.succeeded, self.failed.len())
    }
}
