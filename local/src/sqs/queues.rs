//! All queues of the template, for the HTTP API, for triggers and for destinations.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use uuid::Uuid;

use super::failure::Failure;
use super::files::Files;
use super::message::{Attributes, Message};
use super::queue::{Counts, Queue, Received};
use crate::clock::{epoch_millis, now};
use crate::template::{self, ACCOUNT_ID, REGION};

/// The queues. Clones share them.
#[derive(Clone)]
pub(crate) struct Queues(Arc<Inner>);

struct Inner {
    queues: Mutex<BTreeMap<String, Queue>>,
    files: Files,
    /// Wakes those who wait for messages.
    changed: Notify,
}

/// A message to be sent.
#[derive(Default)]
pub(crate) struct Outgoing {
    pub(crate) body: String,
    pub(crate) attributes: Attributes,
    pub(crate) trace: Option<String>,
    pub(crate) sender: String,
    /// The time for which it is hidden; the queue's own if `None`.
    pub(crate) delay: Option<Duration>,
}

impl Queues {
    /// Opens the queues with their messages in `folder`, or with none.
    pub(crate) fn open(folder: Option<&Path>, settings: &[template::Queue]) -> io::Result<Self> {
        let files = Files::in_folder(folder);
        let mut queues = BTreeMap::new();
        for settings in settings {
            let mut queue = Queue::new(settings.clone());
            for message in files.read(&settings.name)? {
                queue.add(message, Duration::ZERO).map_err(|failure| io::Error::other(failure.message))?;
            }
            queues.insert(settings.name.clone(), queue);
        }
        Ok(Self(Arc::new(Inner { queues: Mutex::new(queues), files, changed: Notify::new() })))
    }

    /// Sends a message and returns it as it is stored.
    pub(crate) fn send(&self, name: &str, outgoing: Outgoing) -> Result<Message, Failure> {
        let Outgoing { body, attributes, trace, sender, delay } = outgoing;
        let message = Message {
            id: Uuid::new_v4().to_string(),
            body,
            attributes,
            trace,
            sender,
            sent: epoch_millis(now()),
            first_received: None,
            receive_count: 0,
            source: None,
        };
        self.with(name, |queue, files| {
            let limit = queue.settings.max_message_bytes;
            if message.size() > limit {
                return Err(Failure::invalid(format!(
                    "One or more parameters are invalid. Reason: Message must be shorter than {limit} bytes."
                )));
            }
            files.write(name, &message).map_err(Failure::internal)?;
            queue.add(message.clone(), delay.unwrap_or(queue.settings.delay))
        })?;
        self.0.changed.notify_waiters();
        Ok(message)
    }

    /// Receives up to `count` messages and hides them for `hidden`, or for the queue's own time. Waits until there is
    /// one, or until `wait` is over.
    pub(crate) async fn receive(
        &self,
        name: &str,
        count: usize,
        hidden: Option<Duration>,
        wait: Duration,
    ) -> Result<Vec<Received>, Failure> {
        let end = Instant::now() + wait;
        loop {
            let changed = self.0.changed.notified();
            let received = self.receive_now(name, count, hidden)?;
            if !received.is_empty() || Instant::now() >= end {
                return Ok(received);
            }
            let next = self.with(name, |queue, _| Ok(queue.next_visible()))?;
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep_until(next.map_or(end, |next| next.min(end))) => {}
            }
        }
    }

    fn receive_now(
        &self,
        name: &str,
        count: usize,
        hidden: Option<Duration>,
    ) -> Result<Vec<Received>, Failure> {
        let (receipts, target) = self.with(name, |queue, files| {
            let receipts = queue.receive(count, hidden.unwrap_or(queue.settings.visibility));
            for id in &receipts.expired {
                files.remove(name, id).map_err(Failure::internal)?;
            }
            for received in &receipts.received {
                files.write(name, &received.message).map_err(Failure::internal)?;
            }
            Ok((receipts, queue.settings.redrive.as_ref().map(|redrive| redrive.queue.clone())))
        })?;
        let target = target.as_deref().unwrap_or_default();
        for message in receipts.dead {
            self.bury(name, target, message);
        }
        Ok(receipts.received)
    }

    /// Moves a message to the dead-letter queue, or keeps it where it is if that queue does not take it. Both queues
    /// have it for a moment, so that a kill loses it from neither.
    fn bury(&self, name: &str, target: &str, message: Message) {
        let dead = Message { source: Some(arn(name)), ..message.clone() };
        let moved = self.with(target, |queue, files| {
            files.write(target, &dead).map_err(Failure::internal)?;
            queue.add(dead, Duration::ZERO)
        });
        // The result of the last step does not matter: a file that stays is a message that comes again.
        let _ = match moved {
            Ok(()) => self.with(name, |_, files| files.remove(name, &message.id).map_err(Failure::internal)),
            Err(_) => self.with(name, |queue, _| queue.add(message, queue.settings.visibility)),
        };
        self.0.changed.notify_waiters();
    }

    /// Removes a received message.
    pub(crate) fn delete(&self, name: &str, receipt: &str) -> Result<(), Failure> {
        self.with(name, |queue, files| match queue.delete(receipt)? {
            Some(id) => files.remove(name, &id).map_err(Failure::internal),
            None => Ok(()),
        })
    }

    /// Hides a received message for `hidden` from now on.
    pub(crate) fn change_visibility(
        &self,
        name: &str,
        receipt: &str,
        hidden: Duration,
    ) -> Result<(), Failure> {
        self.with(name, |queue, _| queue.change_visibility(receipt, hidden))?;
        self.0.changed.notify_waiters();
        Ok(())
    }

    pub(super) fn purge(&self, name: &str) -> Result<(), Failure> {
        self.with(name, |queue, files| {
            queue.purge().iter().try_for_each(|id| files.remove(name, id)).map_err(Failure::internal)
        })
    }

    /// Returns what `GetQueueAttributes` says.
    pub(super) fn state(&self, name: &str) -> Result<(template::Queue, Counts), Failure> {
        self.with(name, |queue, _| Ok((queue.settings.clone(), queue.counts())))
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    fn with<T>(
        &self,
        name: &str,
        call: impl FnOnce(&mut Queue, &Files) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        call(self.lock().get_mut(name).ok_or_else(Failure::no_queue)?, &self.0.files)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Queue>> {
        self.0.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the ARN of a queue.
pub(crate) fn arn(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{name}")
}
