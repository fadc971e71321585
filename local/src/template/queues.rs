//! Queues and their dead-letter queues.

use std::time::Duration;

use serde_json::Value;

use super::error::TemplateError;
use super::intrinsics::Resolver;
use super::model::{Queue, Redrive, queue_of_arn};
use super::numbers::within;
use super::yaml::Node;

pub(super) fn queue(
    resolver: &Resolver<'_>,
    logical_id: &str,
    resource: &Node,
) -> Result<Queue, TemplateError> {
    let property = |name: &str| resource.at(&["Properties", name]);
    let number = |name: &str, least: u32, most: u32, default: u32| match property(name) {
        Some(node) => within(resolver, node, name, least, most),
        None => Ok(default),
    };
    let seconds = |name: &str, least: u32, most: u32, default: u32| {
        number(name, least, most, default).map(|seconds| Duration::from_secs(seconds.into()))
    };
    if let Some(node) = property("FifoQueue")
        && resolver.text(node)? == "true"
    {
        return Err(node.error("FIFO queues are not emulated"));
    }
    Ok(Queue {
        name: match property("QueueName") {
            Some(node) => resolver.text(node)?,
            None => logical_id.to_owned(),
        },
        logical_id: logical_id.to_owned(),
        visibility: seconds("VisibilityTimeout", 0, 43_200, 30)?,
        retention: seconds("MessageRetentionPeriod", 60, 1_209_600, 345_600)?,
        delay: seconds("DelaySeconds", 0, 900, 0)?,
        wait: seconds("ReceiveMessageWaitTimeSeconds", 0, 20, 0)?,
        max_message_bytes: number("MaximumMessageSize", 1024, 1_048_576, 1_048_576)? as usize,
        redrive: property("RedrivePolicy").map(|node| redrive(resolver, node)).transpose()?.flatten(),
        line: resource.line,
    })
}

fn redrive(resolver: &Resolver<'_>, node: &Node) -> Result<Option<Redrive>, TemplateError> {
    let policy = match resolver.resolve(node)? {
        None => return Ok(None),
        // The policy is also written as a text.
        Some(Value::String(text)) => serde_json::from_str(&text).unwrap_or_default(),
        Some(policy) => policy,
    };
    let count = match &policy["maxReceiveCount"] {
        Value::String(text) => text.parse().ok(),
        count => count.as_u64(),
    };
    let count = count.and_then(|count| u32::try_from(count).ok()).filter(|count| (1..=1_000).contains(count));
    let queue = policy["deadLetterTargetArn"].as_str().and_then(queue_of_arn);
    let (Some(max_receives), Some(queue)) = (count, queue) else {
        let message =
            "a RedrivePolicy needs deadLetterTargetArn, a queue's ARN, and maxReceiveCount from 1 to 1000";
        return Err(node.error(message));
    };
    Ok(Some(Redrive { queue: queue.to_owned(), max_receives, line: node.line }))
}
