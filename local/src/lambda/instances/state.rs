//! The state of a pool: the instances and the event of each, guarded by the pool's lock.
//!
//! The state starts no process. After every change the pool asks it which instances to start.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use uuid::Uuid;

use super::invocation::{Delivery, InvokeError, Reply};
use super::job::{Dispatched, Job};
use super::output::Output;
use super::parts::PoolParts;
use super::process::{Stamp, ending};
use super::slot::{Phase, Slot, Start};

/// The time within which an instance that has answered is expected to ask again.
const FINISHING_GRACE: Duration = Duration::from_millis(25);

/// The wait after the first failed start; it doubles with each further failure.
const FIRST_BACK_OFF: Duration = Duration::from_millis(200);

/// The longest wait between starts.
const MAX_BACK_OFF: Duration = Duration::from_secs(5);

/// A scheduled check of instances that keep working after their answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Recheck {
    Unneeded,
    Wanted,
    Planned,
}

#[derive(Debug)]
pub(super) struct State {
    parts: Arc<PoolParts>,
    instances: HashMap<Uuid, Slot>,
    /// The most recently used instance is the last.
    idle: Vec<Uuid>,
    queue: VecDeque<Job>,
    /// The number of consecutive failed starts.
    failures: u32,
    /// The last failure, and the time until which it prevents further starts.
    blocked: Option<(Instant, InvokeError)>,
    recheck: Recheck,
    starts: Vec<Start>,
    /// True if the last start exceeded its limit. As on Lambda, the next start is then part of the invocation.
    was_too_slow: bool,
    /// True if instances without an event are not needed, because another pool gets the events to come.
    is_retired: bool,
    alive: Option<mpsc::Sender<()>>,
}

impl State {
    pub(super) fn new(parts: Arc<PoolParts>, alive: mpsc::Sender<()>) -> Self {
        Self {
            parts,
            instances: HashMap::new(),
            idle: Vec::new(),
            queue: VecDeque::new(),
            failures: 0,
            blocked: None,
            recheck: Recheck::Unneeded,
            starts: Vec::new(),
            was_too_slow: false,
            is_retired: false,
            alive: Some(alive),
        }
    }

    /// Gives the event to an idle instance, or queues it.
    pub(super) fn enqueue(&mut self, job: Job) {
        let mut job = job;
        while let Some(instance) = self.idle.pop() {
            match self.dispatch(instance, job) {
                Ok(()) => return,
                Err(back) => job = back,
            }
        }
        if self.parts.limit() == 0 || (self.parts.settings.throttle && self.load() >= self.parts.limit()) {
            // The send fails if the caller is gone, here and below. Nobody needs the answer then.
            let _ = job.dispatched.send(Err(InvokeError::Throttled));
            return;
        }
        self.queue.push_back(job);
        self.start_more(true);
    }

    /// Registers that the instance wants an event: it gets a queued one or the next to come.
    pub(super) fn ready(&mut self, instance: Uuid, next: oneshot::Sender<Delivery>) -> bool {
        let Some(slot) = self.instances.get_mut(&instance) else { return false };
        if let Phase::Busy { reply, .. } = std::mem::replace(&mut slot.phase, Phase::Finishing) {
            let error = InvokeError::Exited("it asked for another event without answering".to_owned());
            let _ = reply.send(Err(error));
        }
        if slot.retired {
            self.remove_and_kill(instance);
            self.start_more(true);
            return false;
        }
        self.failures = 0;
        self.blocked = None;
        slot.phase = Phase::Idle(next);
        slot.idle_since = Instant::now();
        while let Some(job) = self.queue.pop_front() {
            if job.dispatched.is_closed() {
                continue;
            }
            match self.dispatch(instance, job) {
                Ok(()) => return true,
                Err(job) => {
                    self.queue.push_front(job);
                    return false;
                }
            }
        }
        if self.is_retired {
            self.remove_and_kill(instance);
            return false;
        }
        self.idle.push(instance);
        true
    }

    /// Returns the channel for the pieces of the instance's answer, or `None` if the caller wants it whole.
    pub(super) fn pieces(&self, instance: Uuid, id: &str) -> Option<mpsc::Sender<Bytes>> {
        match &self.instances.get(&instance)?.phase {
            Phase::Busy { request_id, pieces, .. } if request_id == id => pieces.clone(),
            _ => None,
        }
    }

    pub(super) fn complete(&mut self, instance: Uuid, id: &str, answer: Reply) -> bool {
        let Some(slot) = self.instances.get_mut(&instance) else { return false };
        slot.idle_since = Instant::now();
        match std::mem::replace(&mut slot.phase, Phase::Finishing) {
            Phase::Busy { request_id, reply, .. } if request_id == id => {
                let _ = reply.send(answer);
                true
            }
            other => {
                slot.phase = other;
                false
            }
        }
    }

    pub(super) fn init_failed(&mut self, instance: Uuid, error: Value) {
        if let Some(slot) = self.instances.get_mut(&instance) {
            slot.init_error = Some(error);
            // A process that fails to start should end by itself; dropping `kill` ends it in any case.
            slot.kill = None;
        }
    }

    /// Records that the instance did not ask for an event in time.
    pub(super) fn too_slow(&mut self, instance: Uuid) {
        if let Some(slot) = self.instances.get_mut(&instance) {
            slot.too_slow = true;
        }
    }

    /// Records that the process has ended.
    pub(super) fn exited(&mut self, instance: Uuid, status: io::Result<ExitStatus>) {
        let ended = ending(status);
        self.idle.retain(|other| *other != instance);
        match self.instances.remove(&instance) {
            // The stop itself informs the callers.
            _ if *self.parts.stop.borrow() => {}
            Some(Slot { phase: Phase::Busy { reply, .. }, .. }) => {
                self.parts
                    .logs
                    .warn(format_args!("{}: the process ended: {ended}", self.parts.function.name));
                let _ = reply.send(Err(InvokeError::Exited(ended)));
            }
            Some(Slot { phase: Phase::Starting, retired: false, too_slow: true, deadline, .. }) => {
                let timeout = self.parts.function.timeout;
                if deadline.is_some() {
                    self.failed_to_start(InvokeError::TimedOut(timeout));
                } else {
                    let (name, limit) = (&self.parts.function.name, self.parts.settings.init_timeout);
                    self.parts.logs.warn(format_args!(
                        "{name}: the instance did not ask for an event within {limit:?}; it is restarted with the function's timeout of {timeout:?}"
                    ));
                    self.was_too_slow = true;
                }
            }
            Some(Slot { phase: Phase::Starting, retired: false, init_error, .. }) => {
                self.failed_to_start(init_error.map_or(InvokeError::Exited(ended), InvokeError::Init));
            }
            _ => {}
        }
        self.start_more(true);
    }

    /// Records that no process could be started from the binary.
    pub(super) fn not_started(&mut self, instance: Uuid, reason: &str) {
        self.instances.remove(&instance);
        let error = json!({ "errorType": "Runtime.InvalidEntrypoint", "errorMessage": reason });
        self.failed_to_start(InvokeError::Init(error));
    }

    /// Records that the instance exceeded the timeout.
    pub(super) fn timed_out(&mut self, instance: Uuid) {
        self.remove_and_kill(instance);
        self.start_more(true);
    }

    /// Forgets the instance at once, which kills its process.
    fn remove_and_kill(&mut self, instance: Uuid) {
        self.idle.retain(|other| *other != instance);
        self.instances.remove(&instance);
    }

    pub(super) fn is_starting(&self, instance: Uuid) -> bool {
        self.instances.get(&instance).is_some_and(|slot| matches!(slot.phase, Phase::Starting))
    }

    /// Returns the instance's output, if the instance is not forgotten.
    pub(super) fn output(&self, instance: Uuid) -> Option<Arc<Output>> {
        Some(Arc::clone(&self.instances.get(&instance)?.output))
    }

    pub(super) fn set_stamp(&mut self, instance: Uuid, stamp: Option<Stamp>) {
        if let Some(slot) = self.instances.get_mut(&instance) {
            slot.stamp = stamp;
        }
    }

    /// Retires instances of any binary but `current`: they get no more events.
    pub(super) fn replace_older(&mut self, current: Stamp) {
        let older = |slot: &Slot| slot.stamp.is_some_and(|stamp| stamp != current);
        if !self.instances.values().any(|slot| older(slot) && !slot.retired) {
            return;
        }
        for slot in self.instances.values_mut().filter(|slot| older(slot)) {
            slot.retired = true;
            if matches!(slot.phase, Phase::Starting) {
                slot.kill = None;
            }
        }
        let instances = &self.instances;
        let idle = std::mem::take(&mut self.idle);
        let (retired, kept): (Vec<Uuid>, Vec<Uuid>) =
            idle.into_iter().partition(|id| instances.get(id).is_none_or(|slot| slot.retired));
        self.idle = kept;
        for instance in retired {
            self.instances.remove(&instance);
        }
        self.failures = 0;
        self.blocked = None;
    }

    /// Stops instances that have been idle for this long, or have not asked for another event since their answer.
    pub(super) fn stop_idle(&mut self, now: Instant, after: Duration) {
        self.instances.retain(|_, slot| {
            !matches!(slot.phase, Phase::Idle(_) | Phase::Finishing)
                || now.duration_since(slot.idle_since) < after
        });
        let instances = &self.instances;
        self.idle.retain(|id| instances.contains_key(id));
    }

    pub(super) fn has_instances(&self) -> bool {
        !self.instances.is_empty()
    }

    /// Ends the idle instances, and each other one when no event is left for it.
    pub(super) fn retire(&mut self) {
        self.is_retired = true;
        for instance in std::mem::take(&mut self.idle) {
            self.instances.remove(&instance);
        }
    }

    pub(super) fn close(&mut self) {
        self.alive = None;
        self.queue.clear();
    }

    /// Starts an instance for each waiting event, less the instances that are already starting and, with
    /// `count_finishing`, those that are nearly free.
    fn start_more(&mut self, count_finishing: bool) {
        self.queue.retain(|job| !job.dispatched.is_closed());
        let Some(alive) = self.alive.clone() else { return };
        if self.queue.is_empty() {
            return;
        }
        if let Some((until, error)) = &self.blocked
            && Instant::now() < *until
        {
            if self.in_use() == 0 {
                for job in self.queue.drain(..) {
                    let _ = job.dispatched.send(Err(error.clone()));
                }
            }
            return;
        }
        let in_phase = |wanted: fn(&Phase) -> bool| {
            self.instances.values().filter(|slot| !slot.retired && wanted(&slot.phase)).count()
        };
        let starting = in_phase(|phase| matches!(phase, Phase::Starting));
        let finishing = in_phase(|phase| matches!(phase, Phase::Finishing));
        let waiting = self.queue.len().saturating_sub(starting);
        let wanted = if count_finishing { waiting.saturating_sub(finishing) } else { waiting };
        if count_finishing && finishing > 0 && waiting > 0 && self.recheck == Recheck::Unneeded {
            self.recheck = Recheck::Wanted;
        }
        let room = self.parts.limit().saturating_sub(self.in_use());
        for _ in 0..wanted.min(room) {
            let instance = Uuid::new_v4();
            let (kill, killed) = oneshot::channel();
            let (limit, deadline) = if std::mem::take(&mut self.was_too_slow) {
                (self.parts.function.timeout, Some(self.parts.deadline_from_now()))
            } else {
                (self.parts.settings.init_timeout, None)
            };
            self.instances.insert(instance, Slot::starting(kill, deadline));
            self.starts.push(Start { instance, limit, killed, alive: alive.clone() });
        }
    }

    /// Returns the instances to start since the last call.
    pub(super) fn take_starts(&mut self) -> Vec<Start> {
        std::mem::take(&mut self.starts)
    }

    /// Returns the time until [`recheck`](Self::recheck) must be called, unless a call is already scheduled.
    pub(super) fn take_recheck(&mut self) -> Option<Duration> {
        let is_wanted = self.recheck == Recheck::Wanted;
        is_wanted.then(|| {
            self.recheck = Recheck::Planned;
            FINISHING_GRACE
        })
    }

    /// Starts instances for events that wait for one that keeps working after its answer.
    pub(super) fn recheck(&mut self) {
        self.recheck = Recheck::Unneeded;
        self.start_more(false);
    }

    fn dispatch(&mut self, instance: Uuid, job: Job) -> Result<(), Job> {
        let Some(slot) = self.instances.get_mut(&instance) else { return Err(job) };
        let Phase::Idle(next) = std::mem::replace(&mut slot.phase, Phase::Finishing) else { return Err(job) };
        let Job { event, pieces, dispatched } = job;
        let (deadline, deadline_millis) =
            slot.deadline.take().unwrap_or_else(|| self.parts.deadline_from_now());
        let request_id = event.request_id.clone();
        slot.output.begin();
        if let Err(Delivery { event, .. }) = next.send(Delivery { event, deadline: deadline_millis }) {
            // The connection is gone, so the process has ended or will soon.
            self.remove_and_kill(instance);
            return Err(Job { event, pieces, dispatched });
        }
        let (reply, receiver) = oneshot::channel();
        slot.phase = Phase::Busy { request_id, reply, pieces };
        let cold = !std::mem::replace(&mut slot.served, true);
        let output = Arc::clone(&slot.output);
        let _ = dispatched.send(Ok(Dispatched { instance, output, cold, deadline, reply: receiver }));
        Ok(())
    }

    fn failed_to_start(&mut self, error: InvokeError) {
        self.failures = self.failures.saturating_add(1);
        let back_off = FIRST_BACK_OFF.saturating_mul(1 << (self.failures - 1).min(8)).min(MAX_BACK_OFF);
        self.parts.logs.warn(format_args!(
            "{}: {}; retried after {back_off:?}",
            self.parts.function.name,
            error.at_start()
        ));
        if self.in_use() == 0 {
            for job in self.queue.drain(..) {
                let _ = job.dispatched.send(Err(error.clone()));
            }
        }
        self.blocked = Some((Instant::now() + back_off, error));
    }

    /// Returns the number of busy instances, plus that of waiting events or of starting instances, whichever is
    /// greater.
    fn load(&self) -> usize {
        let in_phase =
            |wanted: fn(&Phase) -> bool| self.instances.values().filter(|slot| wanted(&slot.phase)).count();
        in_phase(|phase| matches!(phase, Phase::Busy { .. }))
            + in_phase(|phase| matches!(phase, Phase::Starting)).max(self.queue.len())
    }

    fn in_use(&self) -> usize {
        self.instances.values().filter(|slot| !slot.retired).count()
    }
}
