//! Triggers by messages of queues.

use std::time::Duration;

use super::Source;
use crate::template::error::TemplateError;
use crate::template::model::queue_of_arn;
use crate::template::numbers::within;
use crate::template::trigger_model::QueueTrigger;

/// The largest batch of a trigger that does not wait for messages.
const MAX_BATCH_WITHOUT_WINDOW: usize = 10;

/// The number of batches that Lambda handles at first. It grows with the queue on AWS, and stays here.
const CONCURRENCY: usize = 5;

impl Source<'_> {
    /// Reads a queue's trigger. Returns `None` if it is disabled.
    pub(super) fn queue(&self) -> Result<Option<QueueTrigger>, TemplateError> {
        let mut trigger = QueueTrigger {
            function: self.function.to_owned(),
            name: self.name.to_owned(),
            queue: String::new(),
            batch_size: MAX_BATCH_WITHOUT_WINDOW,
            window: Duration::ZERO,
            reports_failures: false,
            concurrency: CONCURRENCY,
            filters: Vec::new(),
            line: self.event.line,
        };
        let mut is_enabled = true;
        for (name, node) in self.properties() {
            let resolver = self.resolver;
            match name.as_str() {
                "Queue" => {
                    let arn = resolver.text(node)?;
                    let queue = queue_of_arn(&arn);
                    queue
                        .ok_or_else(|| node.error(format!("{arn} is not the ARN of a queue")))?
                        .clone_into(&mut trigger.queue);
                    trigger.line = node.line;
                }
                "BatchSize" => trigger.batch_size = within(resolver, node, name, 1, 10_000)? as usize,
                "MaximumBatchingWindowInSeconds" => {
                    trigger.window = Duration::from_secs(within(resolver, node, name, 0, 300)?.into());
                }
                "FunctionResponseTypes" => trigger.reports_failures = self.reports_failures(node)?,
                "FilterCriteria" => trigger.filters = self.filters(node)?,
                "ScalingConfig" => {
                    let limit = node.get("MaximumConcurrency");
                    let limit =
                        limit.ok_or_else(|| node.error("a ScalingConfig needs MaximumConcurrency"))?;
                    let limit = within(resolver, limit, "MaximumConcurrency", 2, 1_000)?;
                    trigger.concurrency = CONCURRENCY.min(limit as usize);
                }
                "Enabled" => is_enabled = self.truth(name, node)?,
                _ => return Err(self.unsupported(name, node)),
            }
        }
        if trigger.queue.is_empty() {
            return Err(self.event.error("an SQS event needs a Queue"));
        }
        if trigger.batch_size > MAX_BATCH_WITHOUT_WINDOW && trigger.window.is_zero() {
            let message = "a BatchSize of more than 10 needs a MaximumBatchingWindowInSeconds of at least 1";
            return Err(self.event.error(message));
        }
        Ok(is_enabled.then_some(trigger))
    }
}
