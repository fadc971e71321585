//! An event on its way to an instance.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use uuid::Uuid;

use super::invocation::{Event, InvokeError, Reply};
use super::output::Output;

/// An event that waits for an instance.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) event: Event,
    /// Receives the answer piece by piece; `None` if the caller wants it as a whole.
    pub(super) pieces: Option<mpsc::Sender<Bytes>>,
    pub(super) dispatched: oneshot::Sender<Result<Dispatched, InvokeError>>,
}

/// An event that an instance is handling.
#[derive(Debug)]
pub(super) struct Dispatched {
    pub(super) instance: Uuid,
    pub(super) output: Arc<Output>,
    pub(super) cold: bool,
    pub(super) deadline: Instant,
    pub(super) reply: oneshot::Receiver<Reply>,
}
