//! Lambda's queue of asynchronous invocations: an event is retried when its function fails.
//!
//! Events come from the Invoke API (invocation type `Event`), from S3 and from schedules. The record of an event that is
//! given up goes to the function's destination, and its payload to the function's dead-letter queue.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::destinations::{Condition, Record, Targets};
use super::instances::{Event, InvokeError, Pool};
use super::trace;
use crate::server::stop;

/// The events that were accepted and are not finished.
pub(crate) struct Queue {
    /// The wait before the second attempt, and twice that before the third. Lambda waits one minute and two.
    retry_wait: Duration,
    targets: Targets,
    stop: watch::Receiver<bool>,
    /// Cloned for every event: the channel closes when no event is left.
    alive: Mutex<Option<mpsc::Sender<()>>>,
}

impl Queue {
    pub(crate) fn new(
        retry_wait: Duration,
        targets: Targets,
        stop: watch::Receiver<bool>,
        alive: mpsc::Sender<()>,
    ) -> Self {
        Self { retry_wait, targets, stop, alive: Mutex::new(Some(alive)) }
    }

    /// Accepts a payload with a new request id.
    pub(crate) fn accept(self: &Arc<Self>, pool: &Arc<Pool>, payload: Bytes) {
        self.accept_event(pool, Event::new(payload, trace::new()));
    }

    /// Accepts an event, which is delivered later.
    pub(crate) fn accept_event(self: &Arc<Self>, pool: &Arc<Pool>, event: Event) {
        let (queue, pool) = (Arc::clone(self), Arc::clone(pool));
        let alive = self.alive.lock().unwrap_or_else(PoisonError::into_inner).clone();
        tokio::spawn(async move {
            if let Err(why) = queue.deliver(&pool, &event).await {
                let name = &pool.function().name;
                queue.targets.logs.warn(format_args!("{name}: event {} is {why}", event.request_id));
            }
            drop(alive);
        });
    }

    /// Drops the queue's own sender, so that the channel closes when no event is left.
    pub(crate) fn close(&self) {
        self.alive.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Invokes the function until it succeeds or the retries are used up, with the same request id each time.
    async fn deliver(&self, pool: &Arc<Pool>, event: &Event) -> Result<(), String> {
        let limits = pool.function().asynchronous;
        let accepted = Instant::now();
        let mut attempts = 0;
        loop {
            let mut stop = self.stop.clone();
            // An event waits for a function that compiles, because nobody would see the compiler's text.
            tokio::select! {
                () = pool.build().succeeded() => {}
                () = stop::requested(&mut stop) => return Err(lost()),
            }
            let error = match pool.invoke_as(event.clone()).await {
                Ok(invocation) => {
                    attempts += 1;
                    let record = Record { event, attempts, result: Ok(&invocation.payload) };
                    self.targets.of_success(pool, &record);
                    return Ok(());
                }
                Err(InvokeError::Stopping) => return Err(lost()),
                Err(InvokeError::Build(_)) => continue,
                Err(error) => error,
            };
            // An event that found no instance was not attempted.
            attempts += u32::from(error != InvokeError::Throttled);
            let condition = if attempts > limits.retries {
                Some(Condition::RetriesExhausted)
            } else {
                (accepted.elapsed() >= limits.max_age).then_some(Condition::EventAgeExceeded)
            };
            if let Some(condition) = condition {
                let record = Record { event, attempts, result: Err((condition, &error)) };
                self.targets.of_failure(pool, &record);
                return Err(format!("given up after {attempts} attempts: {error}"));
            }
            let wait = self.retry_wait * attempts.max(1);
            self.targets.logs.warn(format_args!(
                "{}: event {} is retried in {wait:?}: {error}",
                pool.function().name,
                event.request_id
            ));
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop::requested(&mut stop) => return Err(lost()),
            }
        }
    }
}

fn lost() -> String {
    "lost: local is stopping".to_owned()
}
