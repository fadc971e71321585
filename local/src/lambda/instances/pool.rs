//! The instances of one function and the events that they handle.

use std::fmt::Display;
use std::io;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use super::build::Build;
use super::invocation::{Delivery, Event, Invocation, InvokeError, MAX_PAYLOAD_BYTES, Reply};
use super::job::{Dispatched, Job};
use super::output::Output;
use super::parts::PoolParts;
use super::process::{Process, Stamp};
use super::report::Report;
use super::slot::Start;
use super::state::State;
use super::streaming::Streaming;
use super::{process, streaming};
use crate::server::stop;
use crate::template::Function;

/// The time for which a missing or busy binary is taken for one that a linker is writing.
const BINARY_WAIT: Duration = Duration::from_secs(1);

/// Serves the Runtime API to one instance. The task is aborted when the instance's process has ended.
pub(crate) type ServeInstance = fn(TcpListener, watch::Receiver<bool>, Arc<Pool>, Uuid) -> JoinHandle<()>;

/// The instances of one function.
#[derive(Debug)]
pub(crate) struct Pool {
    parts: Arc<PoolParts>,
    serve: ServeInstance,
    state: Mutex<State>,
}

impl Pool {
    /// Makes a pool without instances. Every process's task holds `alive`, so the channel closes when no process is
    /// left.
    pub(crate) fn new(parts: PoolParts, serve: ServeInstance, alive: mpsc::Sender<()>) -> Self {
        let parts = Arc::new(parts);
        Self { state: Mutex::new(State::new(Arc::clone(&parts), alive)), serve, parts }
    }

    pub(crate) fn function(&self) -> &Function {
        &self.parts.function
    }

    pub(crate) fn arn(&self) -> &str {
        &self.parts.arn
    }

    pub(crate) fn environment(&self) -> impl Iterator<Item = (String, String)> {
        self.parts.environment.iter().cloned()
    }

    pub(crate) fn binary(&self) -> &Path {
        &self.parts.binary
    }

    pub(crate) fn build(&self) -> &Build {
        &self.parts.build
    }

    /// Reports whether its processes start as those of `other`, with the same limits.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let [function, others] = [self, other].map(|pool| pool.function().without_lines());
        function == others && self.parts.environment == other.parts.environment
    }

    /// Returns true if processes of the function run.
    pub(crate) fn has_instances(&self) -> bool {
        self.lock().has_instances()
    }

    /// Gives an event to an instance and waits for the answer.
    ///
    /// As on Lambda, the invocation runs to its end even if the caller goes away.
    pub(crate) async fn invoke(
        self: &Arc<Self>,
        payload: Bytes,
        trace_id: String,
    ) -> Result<Invocation, InvokeError> {
        self.invoke_as(Event::new(payload, trace_id)).await
    }

    /// Does the same as [`Pool::invoke`] with an event that has a request id.
    pub(crate) async fn invoke_as(self: &Arc<Self>, event: Event) -> Result<Invocation, InvokeError> {
        let pool = Arc::clone(self);
        let run = async move {
            let dispatched = pool.dispatch(event, None).await?;
            let cold = dispatched.cold;
            Ok(Invocation { payload: pool.finish(dispatched).await?, cold })
        };
        tokio::spawn(run).await.unwrap_or(Err(InvokeError::Stopping))
    }

    /// Does the same as [`Pool::invoke_as`], and returns the log of the invocation, too.
    pub(crate) async fn invoke_with_log(self: &Arc<Self>, event: Event) -> (Reply, Vec<u8>) {
        let pool = Arc::clone(self);
        let run = async move {
            let id = event.request_id.clone();
            let dispatched = match pool.dispatch(event, None).await {
                Ok(dispatched) => dispatched,
                Err(error) => return (Err(error), Vec::new()),
            };
            let (output, began) = (Arc::clone(&dispatched.output), Instant::now());
            let reply = pool.finish(dispatched).await;
            let report = Report { id: &id, took: began.elapsed(), memory_size: pool.function().memory_size };
            (reply, report.around(&output).await)
        };
        tokio::spawn(run).await.unwrap_or((Err(InvokeError::Stopping), Vec::new()))
    }

    /// Gives an event to an instance, waits until the instance has it, and then streams the answer.
    ///
    /// This invocation runs to its end, too; pieces without a reader are dropped.
    pub(crate) async fn invoke_streaming(self: &Arc<Self>, event: Event) -> Result<Streaming, InvokeError> {
        let (pieces, received) = streaming::pieces();
        let (tell, cold) = oneshot::channel();
        let (ended, end) = oneshot::channel();
        let pool = Arc::clone(self);
        tokio::spawn(async move {
            // The send fails if the client is gone, here and below. Nobody needs the result then.
            match pool.dispatch(event, Some(pieces)).await {
                Ok(dispatched) => {
                    let _ = tell.send(Ok(dispatched.cold));
                    let result = pool.finish(dispatched).await.map(drop);
                    if let Err(error @ (InvokeError::Function(_) | InvokeError::ResponseTooLarge)) = &result {
                        pool.warn(error);
                    }
                    let _ = ended.send(result);
                }
                Err(error) => drop(tell.send(Err(error))),
            }
        });
        let cold = cold.await.unwrap_or(Err(InvokeError::Stopping))?;
        Ok(Streaming::new(received, end, cold))
    }

    /// Waits for the build of the binary, and fails if its sources do not compile.
    pub(crate) async fn built(&self) -> Result<(), InvokeError> {
        let mut stop = self.parts.stop.clone();
        tokio::select! {
            built = self.build().finished() => built,
            () = stop::requested(&mut stop) => Err(InvokeError::Stopping),
        }
    }

    /// Waits until an instance has taken the event.
    async fn dispatch(
        self: &Arc<Self>,
        event: Event,
        pieces: Option<mpsc::Sender<Bytes>>,
    ) -> Result<Dispatched, InvokeError> {
        if event.payload.len() > MAX_PAYLOAD_BYTES {
            return Err(InvokeError::RequestTooLarge(event.payload.len()));
        }
        self.built().await?;
        let (dispatched, mut dispatch) = oneshot::channel();
        self.enqueue(Job { event, pieces, dispatched });
        let mut stop = self.parts.stop.clone();
        let dispatch = tokio::select! {
            biased;
            dispatch = &mut dispatch => dispatch,
            () = stop::requested(&mut stop) => return Err(InvokeError::Stopping),
            () = tokio::time::sleep(self.parts.settings.queue_wait) => {
                dispatch.close();
                dispatch.try_recv().map_err(|_| InvokeError::Throttled).map(Ok)?
            }
        };
        dispatch.map_err(|_| InvokeError::Stopping)?
    }

    /// Waits for the end of an invocation, at most for the function's timeout.
    async fn finish(self: &Arc<Self>, dispatched: Dispatched) -> Reply {
        let reply = tokio::time::timeout_at(dispatched.deadline, dispatched.reply).await;
        self.check_memory(&dispatched.output);
        if let Ok(reply) = reply {
            return reply.unwrap_or(Err(InvokeError::Stopping));
        }
        let error = InvokeError::TimedOut(self.function().timeout);
        self.warn(format_args!("{error}; its instance is killed"));
        self.change(|state| state.timed_out(dispatched.instance));
        Err(error)
    }

    /// Warns of a process that needs more memory than Lambda gives it. Lambda kills it.
    fn check_memory(&self, output: &Output) {
        let size = self.function().memory_size;
        if let Some(peak) = output.new_excess(size) {
            self.warn(format_args!("it used {peak} MB, which is more than its MemorySize of {size} MB"));
        }
    }

    /// Registers that an instance asks for an event, which will arrive on the returned channel.
    ///
    /// Returns `None` if the instance does not or no longer belong to the pool.
    pub(crate) fn next(self: &Arc<Self>, instance: Uuid) -> Option<oneshot::Receiver<Delivery>> {
        let (sender, receiver) = oneshot::channel();
        self.change(|state| state.ready(instance, sender)).then_some(receiver)
    }

    /// Returns the channel for the pieces of the response to `request_id`, or `None` if the caller wants it whole.
    pub(crate) fn pieces(&self, instance: Uuid, request_id: &str) -> Option<mpsc::Sender<Bytes>> {
        self.lock().pieces(instance, request_id)
    }

    /// Records an instance's answer to `request_id`. Returns `false` if the instance does not have this request.
    pub(crate) fn complete(&self, instance: Uuid, request_id: &str, reply: Reply) -> bool {
        self.lock().complete(instance, request_id, reply)
    }

    /// Records the reason why an instance cannot start.
    pub(crate) fn init_failed(&self, instance: Uuid, error: Value) {
        self.lock().init_failed(instance, error);
    }

    /// Stops instances that have been idle for too long.
    pub(crate) fn stop_idle(&self) {
        self.lock().stop_idle(Instant::now(), self.parts.settings.idle_after);
    }

    /// Stops the instances as soon as they have handled the events that they have. Another pool replaces this one.
    pub(crate) fn retire(&self) {
        self.lock().retire();
    }

    /// Drops the pool's own sender, so that the channel closes when no process is left.
    pub(crate) fn close(&self) {
        self.lock().close();
    }

    fn enqueue(self: &Arc<Self>, job: Job) {
        let stamp = Stamp::of(self.binary());
        self.change(|state| {
            if let Some(stamp) = stamp {
                state.replace_older(stamp);
            }
            state.enqueue(job);
        });
    }

    /// Changes the state, then starts the instances or schedules the check that the change demands.
    fn change<R>(self: &Arc<Self>, change: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.lock();
        let result = change(&mut state);
        for start in state.take_starts() {
            tokio::spawn(Arc::clone(self).run(start));
        }
        if let Some(wait) = state.take_recheck() {
            let pool = Arc::clone(self);
            tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                pool.change(State::recheck);
            });
        }
        result
    }

    /// Starts a process and waits for its end.
    async fn run(self: Arc<Self>, Start { instance, limit, killed, alive }: Start) {
        let (mut process, _api) = match self.start(instance).await {
            Ok(started) => started,
            Err(error) => {
                let binary = self.binary().display();
                let reason = match error.kind() {
                    io::ErrorKind::NotFound if self.function().has_managed_runtime() => {
                        format!("{binary} is missing: write it as docs/local.md says")
                    }
                    io::ErrorKind::NotFound => format!("{binary} is missing: build it first"),
                    _ => format!("{binary}: {error}"),
                };
                self.lock().not_started(instance, &reason);
                return;
            }
        };
        let mut stop = self.parts.stop.clone();
        let status = tokio::select! {
            status = process.ended() => status,
            // Nothing is ever sent here. The channel closes when the state forgets the instance, which kills the
            // process.
            _ = killed => process.kill().await,
            () = stop::requested(&mut stop) => process.kill().await,
            () = self.has_not_started(instance, limit) => {
                self.lock().too_slow(instance);
                process.kill().await
            }
        };
        self.change(|state| state.exited(instance, status));
        process.drain().await;
        drop(alive);
    }

    /// Starts a process, and the Runtime API from which it gets events.
    async fn start(self: &Arc<Self>, instance: Uuid) -> io::Result<(Process, AbortOnDropHandle<()>)> {
        let started = Instant::now();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let api = (self.serve)(listener, self.parts.stop_runtime.clone(), Arc::clone(self), instance);
        let api = AbortOnDropHandle::new(api);
        let output = self.lock().output(instance).unwrap_or_default();
        loop {
            let stamp = Stamp::of(self.binary());
            self.lock().set_stamp(instance, stamp);
            match Process::start(&self.parts, instance, address, &output) {
                Err(error) if process::is_being_written(&error) && started.elapsed() < BINARY_WAIT => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                other => return Ok((other?, api)),
            }
        }
    }

    /// Ends when the time for the start is over and the instance has not asked for an event.
    async fn has_not_started(&self, instance: Uuid, limit: Duration) {
        tokio::time::sleep(limit).await;
        if !self.lock().is_starting(instance) {
            std::future::pending::<()>().await;
        }
    }

    fn warn(&self, message: impl Display) {
        self.parts.logs.warn(format_args!("{}: {message}", self.function().name));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
