//! The operations of SQS's HTTP API, in the AWS JSON protocol.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html>

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::failure::Failure;
use super::message::{Attributes, Message, md5, md5_of_attributes};
use super::queue::{Counts, Received};
use super::queues::{Outgoing, Queues, arn};
use crate::template::QUEUE_URLS;

/// SQS's limit for the entries of a batch.
const MAX_ENTRIES: usize = 10;

/// SQS's limit for a message and for the messages of a batch together, in bytes.
pub(crate) const MAX_MESSAGE_BYTES: usize = 1024 * 1024;

/// The longest time for which a message can be hidden.
const MAX_VISIBILITY: u64 = 43_200;

/// The input of all operations: each reads some of these members.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    queue_url: Option<String>,
    queue_name: Option<String>,
    queue_name_prefix: Option<String>,
    message_body: Option<String>,
    delay_seconds: Option<i64>,
    #[serde(deserialize_with = "or_default")]
    message_attributes: Attributes,
    #[serde(deserialize_with = "or_default")]
    message_system_attributes: Attributes,
    #[serde(deserialize_with = "or_default")]
    attribute_names: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    message_system_attribute_names: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    message_attribute_names: Vec<String>,
    max_number_of_messages: Option<i64>,
    visibility_timeout: Option<i64>,
    wait_time_seconds: Option<i64>,
    receipt_handle: Option<String>,
    entries: Option<Vec<Entry>>,
}

/// An entry of a batch: its id, and the input of the single operation.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    id: String,
    #[serde(flatten)]
    input: Map<String, Value>,
}

fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// The action and the resource that IAM is asked about.
pub(super) fn permission(operation: &str, input: &Input) -> (String, String) {
    // A batch needs the permission of the single action.
    let action = format!("sqs:{}", operation.strip_suffix("Batch").unwrap_or(operation));
    let resource = input.queue().map_or_else(|_| "*".to_owned(), arn);
    (action, resource)
}

/// Carries out an operation for `sender`.
pub(super) async fn call(
    queues: &Queues,
    operation: &str,
    input: Input,
    sender: &str,
) -> Result<Value, Failure> {
    match operation {
        "SendMessage" => send(queues, &input, sender),
        "ReceiveMessage" => receive(queues, &input).await,
        "DeleteMessage" => delete(queues, &input),
        "ChangeMessageVisibility" => change_visibility(queues, &input),
        "SendMessageBatch" | "DeleteMessageBatch" | "ChangeMessageVisibilityBatch" => {
            batch(queues, operation, input, sender)
        }
        "GetQueueUrl" => {
            let name = input.queue()?;
            queues.state(name)?;
            Ok(json!({ "QueueUrl": format!("{QUEUE_URLS}{name}") }))
        }
        "GetQueueAttributes" => {
            let (settings, counts) = queues.state(input.queue()?)?;
            let attributes = attributes(&settings, &counts);
            let wanted =
                |name: &str| input.attribute_names.iter().any(|wanted| wanted == name || wanted == "All");
            let attributes: Map<_, _> = attributes.into_iter().filter(|(name, _)| wanted(name)).collect();
            Ok(if attributes.is_empty() { json!({}) } else { json!({ "Attributes": attributes }) })
        }
        "ListQueues" => {
            let prefix = input.queue_name_prefix.unwrap_or_default();
            let names = queues.names().into_iter().filter(|name| name.starts_with(&prefix));
            let urls: Vec<String> = names.map(|name| format!("{QUEUE_URLS}{name}")).collect();
            Ok(if urls.is_empty() { json!({}) } else { json!({ "QueueUrls": urls }) })
        }
        "PurgeQueue" => queues.purge(input.queue()?).map(|()| json!({})),
        other => {
            let message = format!("The action {other} is not emulated.");
            Err(Failure::new("UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation", message))
        }
    }
}

impl Input {
    /// Returns the name of the queue: the last part of its URL.
    fn queue(&self) -> Result<&str, Failure> {
        let url = self.queue_url.as_deref().and_then(|url| url.rsplit('/').next());
        url.or(self.queue_name.as_deref()).ok_or_else(|| Failure::missing("QueueUrl"))
    }

    fn receipt(&self) -> Result<&str, Failure> {
        self.receipt_handle.as_deref().ok_or_else(|| Failure::missing("ReceiptHandle"))
    }
}

fn send(queues: &Queues, input: &Input, sender: &str) -> Result<Value, Failure> {
    let body = input.message_body.clone().ok_or_else(|| Failure::missing("MessageBody"))?;
    if body.is_empty() {
        return Err(Failure::missing("MessageBody"));
    }
    if let Some(character) = body.chars().find(|character| !is_allowed(*character)) {
        let message = format!(
            "Invalid binary character '#x{:X}' was found in the message body, the set of allowed \
             characters is #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF]",
            u32::from(character)
        );
        return Err(Failure::new("InvalidMessageContents", "InvalidMessageContents", message));
    }
    let mistakes = input.message_attributes.iter().find_map(|(name, value)| value.mistake(name));
    if let Some(mistake) = mistakes {
        return Err(Failure::invalid(mistake));
    }
    let trace = input.message_system_attributes.get("AWSTraceHeader");
    let outgoing = Outgoing {
        body,
        attributes: input.message_attributes.clone(),
        trace: trace.and_then(|trace| trace.string_value.clone()),
        sender: sender.to_owned(),
        delay: seconds("DelaySeconds", input.delay_seconds, 0, 900)?,
    };
    let Message { id, attributes, .. } = &queues.send(input.queue()?, outgoing)?;
    let body = input.message_body.as_deref().unwrap_or_default();
    let mut output = json!({ "MessageId": id, "MD5OfMessageBody": md5(body.as_bytes()) });
    for (name, attributes) in [
        ("MD5OfMessageAttributes", attributes),
        ("MD5OfMessageSystemAttributes", &input.message_system_attributes),
    ] {
        if let Some(digest) = md5_of_attributes(attributes) {
            output[name] = digest.into();
        }
    }
    Ok(output)
}

/// XML 1.0's characters.
fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

async fn receive(queues: &Queues, input: &Input) -> Result<Value, Failure> {
    let name = input.queue()?;
    let (settings, _) = queues.state(name)?;
    let count = number("MaxNumberOfMessages", input.max_number_of_messages, 1, 10)?.unwrap_or(1);
    let hidden = seconds("VisibilityTimeout", input.visibility_timeout, 0, MAX_VISIBILITY)?;
    let wait = seconds("WaitTimeSeconds", input.wait_time_seconds, 0, 20)?.unwrap_or(settings.wait);
    let count = usize::try_from(count).unwrap_or(1);
    let received = queues.receive(name, count, hidden, wait).await?;
    let system: Vec<&String> =
        input.attribute_names.iter().chain(&input.message_system_attribute_names).collect();
    let messages: Vec<Value> =
        received.iter().map(|received| shown(received, &system, &input.message_attribute_names)).collect();
    Ok(if messages.is_empty() { json!({}) } else { json!({ "Messages": messages }) })
}

fn shown(Received { message, receipt }: &Received, system: &[&String], own: &[String]) -> Value {
    let mut shown = json!({
        "MessageId": message.id,
        "ReceiptHandle": receipt,
        "MD5OfBody": message.md5_of_body(),
        "Body": message.body,
    });
    let wants = |name: &str| system.iter().any(|wanted| *wanted == name || *wanted == "All");
    let system: Map<_, _> = message
        .system_attributes()
        .into_iter()
        .filter(|(name, _)| wants(name))
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    if !system.is_empty() {
        shown["Attributes"] = system.into();
    }
    let wants = |name: &str| {
        own.iter().any(|wanted| match wanted.strip_suffix(".*") {
            Some(prefix) => name.starts_with(prefix),
            None => wanted == name || wanted == "All",
        })
    };
    let own: Attributes = message.attributes.clone().into_iter().filter(|(name, _)| wants(name)).collect();
    if let Some(digest) = md5_of_attributes(&own) {
        shown["MD5OfMessageAttributes"] = digest.into();
        shown["MessageAttributes"] = json!(own);
    }
    shown
}

fn delete(queues: &Queues, input: &Input) -> Result<Value, Failure> {
    queues.delete(input.queue()?, input.receipt()?).map(|()| json!({}))
}

fn change_visibility(queues: &Queues, input: &Input) -> Result<Value, Failure> {
    let hidden = seconds("VisibilityTimeout", input.visibility_timeout, 0, MAX_VISIBILITY)?;
    let hidden = hidden.ok_or_else(|| Failure::missing("VisibilityTimeout"))?;
    queues.change_visibility(input.queue()?, input.receipt()?, hidden).map(|()| json!({}))
}

/// Carries out each entry on its own.
fn batch(queues: &Queues, operation: &str, input: Input, sender: &str) -> Result<Value, Failure> {
    let entries = input.entries.unwrap_or_default();
    let refused =
        |code: &'static str, query: &'static str, message: String| Err(Failure::new(code, query, message));
    if entries.is_empty() {
        let message = format!("There should be at least one {operation}RequestEntry in the request.");
        return refused("EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest", message);
    }
    if entries.len() > MAX_ENTRIES {
        let query = "AWS.SimpleQueueService.TooManyEntriesInBatchRequest";
        let message = format!(
            "Maximum number of entries per request are {MAX_ENTRIES}. You have sent {}.",
            entries.len()
        );
        return refused("TooManyEntriesInBatchRequest", query, message);
    }
    let mut ids = BTreeSet::new();
    if let Some(entry) = entries.iter().find(|entry| !ids.insert(entry.id.clone())) {
        let query = "AWS.SimpleQueueService.BatchEntryIdsNotDistinct";
        return refused("BatchEntryIdsNotDistinct", query, format!("Id {} repeated.", entry.id));
    }
    let length = |entry: &Entry| entry.input.get("MessageBody").and_then(Value::as_str).map_or(0, str::len);
    let total: usize = entries.iter().map(length).sum();
    if total > MAX_MESSAGE_BYTES {
        let query = "AWS.SimpleQueueService.BatchRequestTooLong";
        let message = format!(
            "Batch requests cannot be longer than {MAX_MESSAGE_BYTES} bytes. You have sent {total} bytes."
        );
        return refused("BatchRequestTooLong", query, message);
    }
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for Entry { id, input: members } in entries {
        let entry = serde_json::from_value::<Input>(members.into());
        let done = entry.map_err(|error| Failure::invalid(error.to_string())).and_then(|entry| {
            let entry = Input { queue_url: input.queue_url.clone(), ..entry };
            match operation {
                "SendMessageBatch" => send(queues, &entry, sender),
                "DeleteMessageBatch" => delete(queues, &entry),
                _ => change_visibility(queues, &entry),
            }
        });
        match done {
            Ok(mut output) => {
                output["Id"] = id.into();
                successful.push(output);
            }
            // A queue that is not there fails the whole batch.
            Err(failure) if failure.code == "QueueDoesNotExist" => return Err(failure),
            Err(failure) => {
                let is_ours = failure.status.is_server_error();
                failed.push(json!({
                    "Id": id, "Code": failure.query, "Message": failure.message, "SenderFault": !is_ours }));
            }
        }
    }
    let mut output = json!({ "Successful": successful });
    if !failed.is_empty() {
        output["Failed"] = failed.into();
    }
    Ok(output)
}

fn attributes(settings: &crate::template::Queue, counts: &Counts) -> Map<String, Value> {
    let mut attributes = Map::new();
    for (name, value) in [
        ("QueueArn", arn(&settings.name)),
        ("ApproximateNumberOfMessages", counts.visible.to_string()),
        ("ApproximateNumberOfMessagesNotVisible", counts.in_flight.to_string()),
        ("ApproximateNumberOfMessagesDelayed", counts.delayed.to_string()),
        ("VisibilityTimeout", settings.visibility.as_secs().to_string()),
        ("MessageRetentionPeriod", settings.retention.as_secs().to_string()),
        ("DelaySeconds", settings.delay.as_secs().to_string()),
        ("ReceiveMessageWaitTimeSeconds", settings.wait.as_secs().to_string()),
        ("MaximumMessageSize", settings.max_message_bytes.to_string()),
    ] {
        attributes.insert(name.to_owned(), value.into());
    }
    if let Some(redrive) = &settings.redrive {
        let policy = json!({
            "deadLetterTargetArn": arn(&redrive.queue), "maxReceiveCount": redrive.max_receives });
        attributes.insert("RedrivePolicy".to_owned(), policy.to_string().into());
    }
    attributes
}

fn seconds(name: &str, value: Option<i64>, least: u64, most: u64) -> Result<Option<Duration>, Failure> {
    Ok(number(name, value, least, most)?.map(Duration::from_secs))
}

fn number(name: &str, value: Option<i64>, least: u64, most: u64) -> Result<Option<u64>, Failure> {
    let Some(value) = value else { return Ok(None) };
    let allowed = u64::try_from(value).ok().filter(|value| (least..=most).contains(value));
    allowed.map(Some).ok_or_else(|| {
        Failure::invalid(format!(
            "Value {value} for parameter {name} is invalid. Reason: Must be between {least} and {most}, if provided."
        ))
    })
}
