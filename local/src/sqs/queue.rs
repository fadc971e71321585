//! One queue: who sees which message when.
//!
//! Times of visibility and expiry are on the monotonic clock, so a wall clock that jumps neither hides a message nor
//! removes one.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use super::failure::Failure;
use super::message::Message;
use crate::clock::{epoch_millis, now};
use crate::template::Queue as Settings;

/// The maximum number of messages in a queue. SQS has no limit; memory has one.
const MAX_MESSAGES: usize = 100_000;

/// SQS's limit for messages that are received and not deleted.
const MAX_IN_FLIGHT: usize = 120_000;

/// A message and its state.
struct Held {
    message: Message,
    /// The time from which it can be received.
    visible: Instant,
    expires: Instant,
    /// The last receipt. A message that was never received has none.
    receipt: Option<Uuid>,
}

/// A received message.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) message: Message,
    pub(crate) receipt: String,
}

/// The messages of a queue, in the order of their arrival.
pub(super) struct Queue {
    pub(super) settings: Settings,
    held: BTreeMap<u64, Held>,
    next: u64,
}

/// The effect of a receipt on the messages that are stored.
pub(super) struct Receipts {
    pub(super) received: Vec<Received>,
    /// Messages that were received too often and leave for the dead-letter queue.
    pub(super) dead: Vec<Message>,
    /// The ids of messages that expired.
    pub(super) expired: Vec<String>,
}

/// The numbers of messages by their state.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) visible: usize,
    pub(super) in_flight: usize,
    pub(super) delayed: usize,
}

impl Queue {
    pub(super) fn new(settings: Settings) -> Self {
        Self { settings, held: BTreeMap::new(), next: 0 }
    }

    /// Adds a message that can be received after `delay`.
    pub(super) fn add(&mut self, message: Message, delay: Duration) -> Result<(), Failure> {
        if self.held.len() >= MAX_MESSAGES {
            let message = format!("local keeps at most {MAX_MESSAGES} messages in a queue.");
            return Err(Failure::new("RequestThrottled", "RequestThrottled", message));
        }
        let now = Instant::now();
        let expires = now + self.lifetime(&message);
        self.held.insert(self.next, Held { message, visible: now + delay, expires, receipt: None });
        self.next += 1;
        Ok(())
    }

    /// Returns the time that is left of the retention period. A message from the future is as new as can be.
    fn lifetime(&self, message: &Message) -> Duration {
        let age = u64::try_from(epoch_millis(now()) - message.sent).unwrap_or_default();
        self.settings.retention.saturating_sub(Duration::from_millis(age))
    }

    /// Receives up to `count` visible messages, and hides them for `hidden`.
    pub(super) fn receive(&mut self, count: usize, hidden: Duration) -> Receipts {
        let (at, wall) = (Instant::now(), epoch_millis(now()));
        let expired = self.held.extract_if(.., |_, held| held.expires <= at);
        let expired = expired.map(|(_, held)| held.message.id).collect();
        let limit = self.settings.redrive.as_ref().map(|redrive| redrive.max_receives);
        let is_dead = |held: &Held| limit.is_some_and(|limit| held.message.receive_count >= limit);
        let dead = self.held.extract_if(.., |_, held| held.visible <= at && is_dead(held));
        let dead = dead.map(|(_, held)| held.message).collect();
        let room = MAX_IN_FLIGHT.saturating_sub(self.counts().in_flight).min(count);
        let mut received = Vec::new();
        for held in self.held.values_mut().filter(|held| held.visible <= at).take(room) {
            let receipt = Uuid::new_v4();
            held.receipt = Some(receipt);
            held.visible = at + hidden;
            held.message.receive_count += 1;
            held.message.first_received.get_or_insert(wall);
            let receipt = format!("{}/{receipt}", held.message.id);
            received.push(Received { message: held.message.clone(), receipt });
        }
        Receipts { received, dead, expired }
    }

    /// Returns the next time at which a hidden message can be received.
    pub(super) fn next_visible(&self) -> Option<Instant> {
        self.held.values().map(|held| held.visible).min()
    }

    /// Removes a received message and returns its id. A receipt that is not the last one has no effect.
    pub(super) fn delete(&mut self, receipt: &str) -> Result<Option<String>, Failure> {
        let found = self.find(receipt)?;
        Ok(found.and_then(|number| self.held.remove(&number)).map(|held| held.message.id))
    }

    /// Hides a received message for `hidden` from now on.
    pub(super) fn change_visibility(&mut self, receipt: &str, hidden: Duration) -> Result<(), Failure> {
        let found = self.find(receipt)?;
        let Some(held) = found.and_then(|number| self.held.get_mut(&number)) else {
            return Err(Failure::invalid(format!(
                "Value {receipt} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not \
                 available for visibility timeout change."
            )));
        };
        if held.visible <= Instant::now() {
            let code = "MessageNotInflight";
            let message = "The message referred to isn't in flight.";
            return Err(Failure::new(code, "AWS.SimpleQueueService.MessageNotInflight", message));
        }
        held.visible = Instant::now() + hidden;
        Ok(())
    }

    /// Removes all messages and returns their ids.
    pub(super) fn purge(&mut self) -> Vec<String> {
        std::mem::take(&mut self.held).into_values().map(|held| held.message.id).collect()
    }

    pub(super) fn counts(&self) -> Counts {
        let now = Instant::now();
        let mut counts = Counts::default();
        for held in self.held.values().filter(|held| held.expires > now) {
            match (held.visible <= now, &held.receipt) {
                (true, _) => counts.visible += 1,
                (false, Some(_)) => counts.in_flight += 1,
                (false, None) => counts.delayed += 1,
            }
        }
        counts
    }

    /// Finds the message of a receipt, which was valid once: `<message id>/<receipt id>`.
    fn find(&self, receipt: &str) -> Result<Option<u64>, Failure> {
        let parts = receipt.split_once('/').and_then(|(message, receipt)| {
            Some((message.parse::<Uuid>().ok()?, receipt.parse::<Uuid>().ok()?))
        });
        let (_, receipt) = parts.ok_or_else(|| {
            let message = format!("The input receipt handle \"{receipt}\" is not a valid receipt handle.");
            Failure::new("ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", message)
        })?;
        Ok(self.held.iter().find(|(_, held)| held.receipt == Some(receipt)).map(|(number, _)| *number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str, age: Duration) -> Message {
        Message {
            id: id.to_owned(),
            body: "a".to_owned(),
            attributes: BTreeMap::new(),
            trace: None,
            sender: "test".to_owned(),
            sent: epoch_millis(now() - age),
            first_received: None,
            receive_count: 0,
            source: None,
        }
    }

    #[test]
    fn a_message_ends_with_its_retention_period() {
        let mut queue = Queue::new(Settings {
            name: "Jobs".to_owned(),
            logical_id: "Jobs".to_owned(),
            visibility: Duration::ZERO,
            retention: Duration::from_mins(1),
            delay: Duration::ZERO,
            wait: Duration::ZERO,
            max_message_bytes: 1024,
            redrive: None,
            line: 1,
        });
        for (id, age) in [("old", 61), ("new", 1)] {
            queue.add(message(id, Duration::from_secs(age)), Duration::ZERO).unwrap();
        }
        let receipts = queue.receive(10, Duration::ZERO);
        let received: Vec<&str> = receipts.received.iter().map(|received| &*received.message.id).collect();
        assert_eq!((received, receipts.expired), (vec!["new"], vec!["old".to_owned()]));
    }
}
