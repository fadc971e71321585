//! One instance, as the bookkeeping knows it.

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::invocation::{Delivery, Reply};
use super::process::Stamp;

/// An instance.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) phase: Phase,
    pub(super) stamp: Option<Stamp>,
    /// Takes no further event: its binary has been replaced.
    pub(super) retired: bool,
    pub(super) served: bool,
    pub(super) init_error: Option<String>,
    /// Has not asked for an event in the time that it had to start.
    pub(super) too_slow: bool,
    /// The end of the invocation that it is started in; `None` when its start has a time of its own.
    pub(super) deadline: Option<(Instant, i64)>,
    pub(super) idle_since: Instant,
    /// Dropped to kill the process.
    pub(super) kill: Option<oneshot::Sender<()>>,
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
    /// Has answered, and has not asked for more yet.
    Finishing,
}

impl Slot {
    /// An instance that is being started, until `kill` is dropped.
    pub(super) fn starting(kill: oneshot::Sender<()>, deadline: Option<(Instant, i64)>) -> Self {
        Self {
            phase: Phase::Starting,
            stamp: None,
            retired: false,
            served: false,
            init_error: None,
            too_slow: false,
            deadline,
            idle_since: Instant::now(),
            kill: Some(kill),
        }
    }
}
