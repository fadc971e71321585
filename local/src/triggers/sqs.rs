//! The messages of queues, delivered to functions in batches.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>
//! Messages of a failed batch stay hidden until their visibility timeout is over, and are then received again.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use super::batch::failures;
use crate::lambda::instances::{InvokeError, MAX_PAYLOAD_BYTES, Pool, Pools};
use crate::lambda::trace;
use crate::logs::Logs;
use crate::server::stop;
use crate::sqs::{Attribute, Queues, Received, arn};
use crate::template::{QueueTrigger, REGION};

/// The longest wait for a message, as Lambda's pollers have it.
const POLL_WAIT: Duration = Duration::from_secs(20);

/// The number of messages that SQS returns at most.
const MAX_RECEIVED: usize = 10;

/// Starts the pollers of all triggers.
pub(crate) fn start(
    triggers: &[QueueTrigger],
    pools: &watch::Receiver<Pools>,
    queues: &Queues,
    retry_wait: Duration,
    logs: &Logs,
    stop: &watch::Receiver<bool>,
) {
    for trigger in triggers {
        let poller = Arc::new(Poller {
            trigger: trigger.clone(),
            pools: pools.clone(),
            queues: queues.clone(),
            retry_wait,
            logs: logs.clone(),
        });
        for _ in 0..trigger.concurrency {
            let (poller, mut stop) = (Arc::clone(&poller), stop.clone());
            tokio::spawn(async move {
                tokio::select! {
                    () = stop::requested(&mut stop) => {}
                    () = poller.run() => {}
                }
            });
        }
    }
}

/// A trigger and its function.
struct Poller {
    trigger: QueueTrigger,
    pools: watch::Receiver<Pools>,
    queues: Queues,
    /// The wait after a failed batch, so that messages that are visible again at once do not keep the machine busy.
    retry_wait: Duration,
    logs: Logs,
}

impl Poller {
    async fn run(&self) {
        // Messages stay in the queue while the function does not compile.
        while self.pool().await.is_some() {
            let batch = self.batch().await;
            if !batch.is_empty() {
                self.deliver(batch).await;
            }
        }
    }

    /// Returns the function's pool as soon as the function compiles.
    async fn pool(&self) -> Option<Arc<Pool>> {
        Pools::compiled(&self.pools, &self.trigger.function).await
    }

    /// Receives messages until the batch is full or its window is over. Messages that no filter wants are removed.
    async fn batch(&self) -> Vec<(Value, Received)> {
        let QueueTrigger { queue, batch_size, window, .. } = &self.trigger;
        let (mut batch, mut bytes, mut end) = (Vec::new(), 0, None::<Instant>);
        loop {
            let wait = end.map_or(POLL_WAIT, |end| end.saturating_duration_since(Instant::now()));
            let room = (batch_size - batch.len()).min(MAX_RECEIVED);
            // The template has the queue, so nothing fails here.
            let received = self.queues.receive(queue, room, None, wait).await.unwrap_or_default();
            for received in received {
                let record = record(queue, &received);
                if self.wants(&record, &received) {
                    bytes += record.to_string().len();
                    batch.push((record, received));
                } else {
                    self.remove(&received);
                }
            }
            if !batch.is_empty() {
                end.get_or_insert_with(|| Instant::now() + *window);
            }
            let is_over = end.is_some_and(|end| Instant::now() >= end);
            // Another ten messages might not fit into an event.
            let is_full = batch.len() >= *batch_size || bytes > MAX_PAYLOAD_BYTES / 2;
            if is_full || is_over || batch.is_empty() {
                return batch;
            }
        }
    }

    /// Filters see the JSON of a body that is an object.
    fn wants(&self, record: &Value, received: &Received) -> bool {
        let filters = &self.trigger.filters;
        if filters.is_empty() {
            return true;
        }
        let mut record = record.clone();
        if let Ok(body @ Value::Object(_)) = serde_json::from_str(&received.message.body) {
            record["body"] = body;
        }
        filters.iter().any(|filter| filter.fits(&record))
    }

    /// Invokes the function and removes the messages that it has handled.
    async fn deliver(&self, batch: Vec<(Value, Received)>) {
        let (records, received): (Vec<Value>, Vec<Received>) = batch.into_iter().unzip();
        let function = &self.trigger.function;
        let event = Bytes::from(json!({ "Records": records }).to_string());
        let Some(pool) = self.pool().await else { return };
        let failed = match pool.invoke(event, trace::new()).await {
            Ok(invocation) if self.trigger.reports_failures => {
                let ids: Vec<&str> = received.iter().map(|received| received.message.id.as_str()).collect();
                failures(&invocation.payload, &ids)
            }
            Ok(_) => Vec::new(),
            // The next run receives the messages again.
            Err(InvokeError::Stopping) => return std::future::pending().await,
            Err(error) => {
                self.logs.warn(format_args!(
                    "{function}: {} messages are received again: {error}",
                    received.len()
                ));
                tokio::time::sleep(self.retry_wait).await;
                return;
            }
        };
        for (place, received) in received.iter().enumerate() {
            if failed.binary_search(&place).is_ok() {
                let (id, count) = (&received.message.id, received.message.receive_count);
                self.logs.warn(format_args!("{function}: message {id} failed, received {count} times"));
            } else {
                self.remove(received);
            }
        }
        if !failed.is_empty() {
            tokio::time::sleep(self.retry_wait).await;
        }
    }

    fn remove(&self, received: &Received) {
        if let Err(failure) = self.queues.delete(&self.trigger.queue, &received.receipt) {
            let function = &self.trigger.function;
            self.logs.warn(format_args!("{function}: a message is not removed: {}", failure.message));
        }
    }
}

/// Makes the record of a message: <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event>.
fn record(queue: &str, Received { message, receipt }: &Received) -> Value {
    let attribute = |(name, attribute): (&String, &Attribute)| {
        let Attribute { data_type, string_value, binary_value } = attribute;
        let mut value = json!({ "stringListValues": [], "binaryListValues": [], "dataType": data_type });
        for (name, part) in [("stringValue", string_value), ("binaryValue", binary_value)] {
            if let Some(part) = part {
                value[name] = part.as_str().into();
            }
        }
        (name.clone(), value)
    };
    json!({
        "messageId": message.id,
        "receiptHandle": receipt,
        "body": message.body,
        "attributes": message.system_attributes(),
        "messageAttributes": message.attributes.iter().map(attribute).collect::<serde_json::Map<_, _>>(),
        "md5OfBody": message.md5_of_body(),
        "eventSource": "aws:sqs",
        "eventSourceARN": arn(queue),
        "awsRegion": REGION,
    })
}
