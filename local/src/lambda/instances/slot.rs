//! One instance in the pool's state.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use uuid::Uuid;

use super::invocation::{Delivery, Reply};
use super::output::Output;
use super::process::Stamp;

/// An instance.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) phase: Phase,
    pub(super) stamp: Option<Stamp>,
    /// True if the instance gets no more events, because its binary was replaced.
    pub(super) retired: bool,
    pub(super) served: bool,
    pub(super) init_error: Option<Value>,
    pub(super) output: Arc<Output>,
    /// True if the instance did not ask for an event in time.
    pub(super) too_slow: bool,
    /// The deadline of the invocation during which it starts; `None` if the start has its own time limit.
    pub(super) deadline: Option<(Instant, i64)>,
    pub(super) idle_since: Instant,
    /// The sender that kills the process when it is dropped.
    pub(super) kill: Option<oneshot::Sender<()>>,
}

/// An instance that is to be started.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) instance: Uuid,
    /// The time within which it must ask for an event.
    pub(super) limit: Duration,
    /// A channel that closes when the process must be killed.
    pub(super) killed: oneshot::Receiver<()>,
    /// A sender that is held until the process has ended.
    pub(super) alive: mpsc::Sender<()>,
}

/// The phase of an instance's life.
#[derive(Debug)]
pub(super) enum Phase {
    Starting,
    Idle(oneshot::Sender<Delivery>),
    Busy {
        request_id: String,
        reply: oneshot::Sender<Reply>,
        pieces: Option<mpsc::Sender<Bytes>>,
    },
    /// The instance has answered and has not asked for the next event yet.
    Finishing,
}

impl Slot {
    /// Makes the slot of an instance that is starting. Dropping `kill` ends it.
    pub(super) fn starting(kill: oneshot::Sender<()>, deadline: Option<(Instant, i64)>) -> Self {
        Self {
            phase: Phase::Starting,
            stamp: None,
            retired: false,
            served: false,
            init_error: None,
            output: Arc::default(),
            too_slow: false,
            deadline,
            idle_since: Instant::now(),
            kill: Some(kill),
        }
    }
}
