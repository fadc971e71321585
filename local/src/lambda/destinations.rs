//! Destinations and dead-letter queues: the targets of events that were handled asynchronously.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>
//! Queues are emulated as targets. A record for another target is logged.

use bytes::Bytes;
use serde_json::{Value, json};

use super::instances::{Event, InvokeError, Pool};
use crate::clock;
use crate::logs::Logs;
use crate::sqs::{Attribute, Attributes, Outgoing, Queues};
use crate::template::{Destination, queue_of_arn};

/// Lambda's limit for the message of an error, in bytes.
const MAX_ERROR_BYTES: usize = 1024;

/// Sends records to queues.
#[derive(Clone)]
pub(crate) struct Targets {
    pub(crate) queues: Queues,
    pub(crate) logs: Logs,
}

/// An asynchronous event and its outcome.
pub(super) struct Record<'r> {
    pub(super) event: &'r Event,
    pub(super) attempts: u32,
    pub(super) result: Result<&'r Bytes, (Condition, &'r InvokeError)>,
}

/// The reason why an event is not tried again.
#[derive(Clone, Copy, Debug)]
pub(super) enum Condition {
    RetriesExhausted,
    EventAgeExceeded,
}

impl Targets {
    /// Sends the record of an event that succeeded.
    pub(super) fn of_success(&self, pool: &Pool, record: &Record<'_>) {
        if let Some(destination) = &pool.function().destinations.success {
            self.send(pool, destination, &record.body(pool).to_string(), Attributes::new());
        }
    }

    /// Sends the record of an event that is given up, and the event itself to the dead-letter queue.
    pub(super) fn of_failure(&self, pool: &Pool, record: &Record<'_>) {
        let destinations = &pool.function().destinations;
        if let Some(destination) = &destinations.failure {
            self.send(pool, destination, &record.body(pool).to_string(), Attributes::new());
        }
        if let Some(queue) = &destinations.dead_letter {
            self.send(pool, queue, &String::from_utf8_lossy(&record.event.payload), record.attributes());
        }
    }

    /// Sends a message to a destination of the function.
    pub(crate) fn send(&self, pool: &Pool, destination: &Destination, body: &str, attributes: Attributes) {
        let (function, arn) = (&pool.function().name, &destination.arn);
        let Some(queue) = queue_of_arn(arn) else {
            let message = "only queues are emulated as destinations";
            self.logs.warn(format_args!("{function}: a record for {arn} is dropped: {message}: {body}"));
            return;
        };
        let sender = format!("AROALOCAL:{function}");
        let outgoing = Outgoing { body: body.to_owned(), attributes, sender, ..Outgoing::default() };
        if let Err(failure) = self.queues.send(queue, outgoing) {
            self.logs.warn(format_args!("{function}: a record for {arn} is lost: {}", failure.message));
        }
    }
}

impl Record<'_> {
    fn body(&self, pool: &Pool) -> Value {
        let (condition, response) = match self.result {
            Ok(answer) => {
                ("Success", Some((Value::Null, serde_json::from_slice(answer).unwrap_or_default())))
            }
            Err((condition, error)) => {
                let condition = match condition {
                    Condition::RetriesExhausted => "RetriesExhausted",
                    Condition::EventAgeExceeded => "EventAgeExceeded",
                };
                // An event that never found an instance has no response.
                let response =
                    (self.attempts > 0).then(|| ("Unhandled".into(), error.payload(&self.event.request_id)));
                (condition, response)
            }
        };
        let mut body = json!({
            "version": "1.0",
            "timestamp": clock::with_milliseconds(clock::now()),
            "requestContext": {
                "requestId": self.event.request_id,
                "functionArn": format!("{}:$LATEST", pool.arn()),
                "condition": condition,
                "approximateInvokeCount": self.attempts,
            },
            "requestPayload": serde_json::from_slice::<Value>(&self.event.payload).unwrap_or_default(),
        });
        if let Some((error, payload)) = response {
            body["responseContext"] = json!({ "statusCode": 200, "executedVersion": "$LATEST" });
            if !error.is_null() {
                body["responseContext"]["functionError"] = error;
            }
            body["responsePayload"] = payload;
        }
        body
    }

    /// Returns the attributes of a message in a dead-letter queue.
    fn attributes(&self) -> Attributes {
        let Err((_, error)) = self.result else { return Attributes::new() };
        let code = if self.attempts > 0 { "200" } else { "429" };
        let payload = error.payload(&self.event.request_id);
        let message = payload["errorMessage"].as_str().unwrap_or_default();
        let end = message.floor_char_boundary(MAX_ERROR_BYTES);
        let mut attributes = Attributes::from([
            ("RequestID".to_owned(), Attribute::text("String", &self.event.request_id)),
            ("ErrorCode".to_owned(), Attribute::text("Number", code)),
        ]);
        // An attribute cannot be empty.
        if end > 0 {
            attributes.insert("ErrorMessage".to_owned(), Attribute::text("String", &message[..end]));
        }
        attributes
    }
}
