//! Failed events, which are in a function's queue, given to the function again.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::instances::{Pool, Pools};
use super::trace;
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
    pub(crate) async fn of(pools: &Pools, queues: &Queues) -> Self {
        let mut redriven = Self::default();
        for pool in pools.iter() {
            let failure = pool.function().destinations.failure.as_ref();
            if let Some(queue) = failure.and_then(|destination| queue_of_arn(&destination.arn)) {
                redriven.queue(pool, queues, queue).await;
            }
        }
        redriven
    }

    async fn queue(&mut self, pool: &Arc<Pool>, queues: &Queues, queue: &str) {
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
            if function.strip_suffix(":$LATEST") != Some(pool.arn()) {
                // The event of another function with the same queue.
                left.push(receipt);
                continue;
            }
            let event = Bytes::from(record["requestPayload"].to_string());
            match pool.invoke(event, trace::new()).await {
                Ok(_) => {
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

impl fmt::Display for Redriven {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for failed in &self.failed {
            writeln!(formatter, "{failed}")?;
        }
        write!(formatter, "redrive: {} succeeded, {} failed", self.succeeded, self.failed.len())
    }
}
