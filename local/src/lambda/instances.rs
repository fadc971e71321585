//! A function's instances: processes that each take one event at a time.
//!
//! As on Lambda: the most recently used idle instance gets the next event; where none is idle another
//! one is started, up to a limit, beyond which events wait; an instance that runs into the timeout is
//! killed, one that has not been used for long is stopped, and one that crashes fails the event it had.

mod pools;
mod process;
mod state;
mod streaming;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::Instant,
};
use uuid::Uuid;

use self::state::{Dispatched, Job, State};
pub(crate) use self::{pools::Pools, state::reason, streaming::Streaming};
use crate::{clock, logs::Logs, server::stop, template::Function};

/// Lambda's limit for an event and for an answer, in bytes.
pub const MAX_PAYLOAD_BYTES: usize = 6_291_556;

/// Lambda's limit for a streamed answer, in bytes.
pub const MAX_STREAM_BYTES: usize = 200 * 1024 * 1024;

/// How instances are run.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Instances of a function at once, unless its `ReservedConcurrentExecutions` says less.
    pub max_instances: usize,
    /// How long an event waits for an instance before it is refused.
    pub queue_wait: Duration,
    /// An instance that is idle for so long is stopped.
    pub idle_after: Duration,
    /// Longest start; Lambda's own is 10 s.
    pub init_timeout: Duration,
    /// Refuse at once where Lambda would, instead of letting events wait.
    pub throttle: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_instances: 10,
            queue_wait: Duration::from_secs(20),
            idle_after: Duration::from_mins(5),
            init_timeout: Duration::from_secs(10),
            throttle: false,
        }
    }
}

/// An event that was answered.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The answer, JSON as a rule.
    pub payload: Bytes,
    /// Whether it was the instance's first event.
    pub cold: bool,
    /// Lambda's id of the invocation.
    pub request_id: String,
}

/// An event that was not answered.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InvokeError {
    /// The function reported an error: `{"errorType", "errorMessage"}`.
    #[error("the function failed: {0}")]
    Function(Value),
    /// The function ran into its timeout and was killed.
    #[error("Task timed out after {:.2} seconds", .0.as_secs_f64())]
    TimedOut(Duration),
    /// The process ended while it had the event.
    #[error("the process ended: {0}")]
    Exited(String),
    /// No process got as far as asking for an event.
    #[error("the function does not start: {0}")]
    Init(String),
    /// The event is longer than [`MAX_PAYLOAD_BYTES`].
    #[error("the event has {0} bytes, more than Lambda takes")]
    RequestTooLarge(usize),
    /// The answer is longer than [`MAX_PAYLOAD_BYTES`].
    #[error("the answer is longer than Lambda passes on")]
    ResponseTooLarge,
    /// All instances are busy.
    #[error("all instances are busy")]
    Throttled,
    /// The template has no such function.
    #[error("the template has no function {0}")]
    UnknownFunction(String),
    /// `local` is being stopped.
    #[error("local is being stopped")]
    Stopping,
}

impl InvokeError {
    /// The error as Lambda's Invoke API puts it.
    #[must_use]
    pub fn payload(&self) -> Value {
        let error_type = match self {
            Self::Function(payload) => return payload.clone(),
            Self::TimedOut(_) => "Sandbox.Timedout",
            Self::Exited(_) => "Runtime.ExitError",
            Self::Init(_) => "Runtime.InitError",
            Self::RequestTooLarge(_) => "RequestTooLargeException",
            Self::ResponseTooLarge => "Function.ResponseSizeTooLarge",
            Self::Throttled => "TooManyRequestsException",
            Self::UnknownFunction(_) => "ResourceNotFoundException",
            Self::Stopping => "ServiceException",
        };
        json!({ "errorType": error_type, "errorMessage": self.to_string() })
    }
}

/// What an instance gets when it asks for its next event.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) payload: Bytes,
    pub(crate) request_id: String,
    pub(crate) trace_id: String,
    /// Milliseconds since 1970.
    pub(crate) deadline: i64,
}

/// What an instance answered; nothing where the answer went piece by piece.
pub(crate) type Reply = Result<Bytes, InvokeError>;

/// The instances of one function.
#[derive(Debug)]
pub(crate) struct Pool {
    pub(crate) function: Function,
    /// The function's ARN, which its context names.
    pub(crate) arn: String,
    binary: PathBuf,
    environment: Vec<(String, String)>,
    /// `host:port/number-of-the-pool`: the Runtime API of its instances, less their own id.
    runtime_api: String,
    settings: Settings,
    logs: Logs,
    stop: watch::Receiver<bool>,
    state: Mutex<State>,
}

/// What a pool is made of.
pub(crate) struct PoolParts {
    pub(crate) function: Function,
    pub(crate) arn: String,
    pub(crate) binary: PathBuf,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) runtime_api: String,
    pub(crate) settings: Settings,
    pub(crate) logs: Logs,
    pub(crate) stop: watch::Receiver<bool>,
    /// Held by every process's task: when all are gone the channel closes.
    pub(crate) alive: mpsc::Sender<()>,
}

impl Pool {
    pub(crate) fn new(parts: PoolParts) -> Self {
        let PoolParts { function, arn, binary, environment, runtime_api, settings, logs, stop, alive } =
            parts;
        let state = Mutex::new(State::new(alive));
        Self { function, arn, binary, environment, runtime_api, settings, logs, stop, state }
    }

    /// Gives an event to an instance and waits for the answer.
    ///
    /// The invocation runs to its end even when the caller loses interest, as on Lambda.
    pub(crate) async fn invoke(
        self: &Arc<Self>,
        payload: Bytes,
        trace_id: String,
    ) -> Result<Invocation, InvokeError> {
        self.invoke_as(Uuid::new_v4().to_string(), payload, trace_id).await
    }

    /// As [`Pool::invoke`], with a request id that has been told somebody.
    pub(crate) async fn invoke_as(
        self: &Arc<Self>,
        request_id: String,
        payload: Bytes,
        trace_id: String,
    ) -> Result<Invocation, InvokeError> {
        let pool = Arc::clone(self);
        let run = async move {
            let dispatched = pool.dispatch(payload, request_id.clone(), trace_id, None).await?;
            let cold = dispatched.cold;
            Ok(Invocation { payload: pool.finish(dispatched).await?, cold, request_id })
        };
        tokio::spawn(run).await.unwrap_or(Err(InvokeError::Stopping))
    }

    /// Gives an event to an instance and waits until it has it; the answer comes as it is made.
    ///
    /// This invocation, too, runs to its end: what nobody reads any more is thrown away.
    pub(crate) async fn invoke_streaming(
        self: &Arc<Self>,
        payload: Bytes,
        trace_id: String,
    ) -> Result<Streaming, InvokeError> {
        let (pieces, received) = streaming::pieces();
        let (tell, cold) = oneshot::channel();
        let (ended, end) = oneshot::channel();
        let pool = Arc::clone(self);
        tokio::spawn(async move {
            let request_id = Uuid::new_v4().to_string();
            // The client may have gone, here and below: then nobody needs to know.
            match pool.dispatch(payload, request_id, trace_id, Some(pieces)).await {
                Ok(dispatched) => {
                    let _ = tell.send(Ok(dispatched.cold));
                    let result = pool.finish(dispatched).await.map(drop);
                    if let Err(error @ (InvokeError::Function(_) | InvokeError::ResponseTooLarge)) = &result {
                        pool.logs.warn(format_args!("{}: {error}", pool.function.name));
                    }
                    let _ = ended.send(result);
                }
                Err(error) => drop(tell.send(Err(error))),
            }
        });
        let cold = cold.await.unwrap_or(Err(InvokeError::Stopping))?;
        Ok(Streaming::new(received, end, cold))
    }

    /// Waits until an instance has the event.
    async fn dispatch(
        self: &Arc<Self>,
        payload: Bytes,
        request_id: String,
        trace_id: String,
        pieces: Option<mpsc::Sender<Bytes>>,
    ) -> Result<Dispatched, InvokeError> {
        if payload.len() > MAX_PAYLOAD_BYTES {
            return Err(InvokeError::RequestTooLarge(payload.len()));
        }
        let (dispatched, mut dispatch) = oneshot::channel();
        self.enqueue(Job { payload, request_id, trace_id, pieces, dispatched });
        let mut stop = self.stop.clone();
        let dispatch = tokio::select! {
            biased;
            dispatch = &mut dispatch => dispatch,
            () = stop::requested(&mut stop) => return Err(InvokeError::Stopping),
            () = tokio::time::sleep(self.settings.queue_wait) => {
                dispatch.close();
                dispatch.try_recv().map_err(|_| InvokeError::Throttled).map(Ok)?
            }
        };
        dispatch.map_err(|_| InvokeError::Stopping)?
    }

    /// Waits for the end of an invocation, but not longer than the function's timeout.
    async fn finish(self: &Arc<Self>, dispatched: Dispatched) -> Reply {
        if let Ok(reply) = tokio::time::timeout_at(dispatched.deadline, dispatched.reply).await {
            return reply.unwrap_or(Err(InvokeError::Stopping));
        }
        let error = InvokeError::TimedOut(self.function.timeout);
        self.logs.warn(format_args!("{}: {error}; its instance is killed", self.function.name));
        let mut state = self.lock();
        state.remove_and_kill(dispatched.instance);
        state.start_more(self, true);
        Err(error)
    }

    /// An instance asks for an event: what it gets arrives on the channel.
    ///
    /// `None`: the instance is not, or no longer, one of the pool's.
    pub(crate) fn next(self: &Arc<Self>, instance: Uuid) -> Option<oneshot::Receiver<Delivery>> {
        let mut state = self.lock();
        let (sender, receiver) = oneshot::channel();
        state.ready(instance, sender, self).then_some(receiver)
    }

    /// Where the answer to `request_id` goes piece by piece; `None` when it is wanted as a whole.
    pub(crate) fn pieces(&self, instance: Uuid, request_id: &str) -> Option<mpsc::Sender<Bytes>> {
        self.lock().pieces(instance, request_id)
    }

    /// An instance answers `request_id`; `false` when that is not what it was asked.
    pub(crate) fn complete(&self, instance: Uuid, request_id: &str, reply: Reply) -> bool {
        self.lock().complete(instance, request_id, reply)
    }

    /// An instance says why it cannot start.
    pub(crate) fn init_failed(&self, instance: Uuid, reason: String) {
        self.lock().init_failed(instance, reason);
    }

    /// Stops instances that have been idle for long.
    pub(crate) fn stop_idle(&self) {
        self.lock().stop_idle(Instant::now(), self.settings.idle_after);
    }

    /// Lets go of the channel that says whether processes are left.
    pub(crate) fn close(&self) {
        self.lock().close();
    }

    fn enqueue(self: &Arc<Self>, job: Job) {
        let mut state = self.lock();
        if let Some(stamp) = process::Stamp::of(&self.binary) {
            state.replace_older(stamp);
        }
        state.enqueue(job, self);
    }

    pub(crate) fn binary(&self) -> &Path {
        &self.binary
    }

    /// Instances at once.
    fn limit(&self) -> usize {
        self.function.reserved_concurrency.unwrap_or(usize::MAX).min(self.settings.max_instances)
    }

    fn deadline_from_now(&self) -> (Instant, i64) {
        let timeout = self.function.timeout;
        let millis = i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX);
        (Instant::now() + timeout, clock::epoch_millis(clock::now()).saturating_add(millis))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
