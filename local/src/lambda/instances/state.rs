//! Who has which event: the bookkeeping of a pool, all of it under the pool's lock.
//!
//! It starts no process itself: the pool asks it after every change which ones are wanted.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use uuid::Uuid;

use super::invocation::{Delivery, InvokeError, Reply};
use super::job::{Dispatched, Job};
use super::parts::PoolParts;
use super::process::Stamp;
use super::slot::{Phase, Slot};

/// An instance that has just answered asks again within this time, or it does not count.
const FINISHING_GRACE: Duration = Duration::from_millis(25);

/// First wait after a failed start; it doubles with every further one.
const FIRST_BACK_OFF: Duration = Duration::from_millis(200);

/// Longest wait between starts.
const MAX_BACK_OFF: Duration = Duration::from_secs(5);

/// An instance that is wanted.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) instance: Uuid,
    /// How long it may take until it asks for an event.
    pub(super) limit: Duration,
    /// Closes when the process is to be killed.
    pub(super) killed: oneshot::Receiver<()>,
    /// Held until the process is gone.
    pub(super) alive: mpsc::Sender<()>,
}

/// A later look at instances that work on after their answer.
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
    /// Most recently used last.
    idle: Vec<Uuid>,
    queue: VecDeque<Job>,
    /// Starts that failed in a row.
    failures: u32,
    /// The last failure, and until when nothing is started because of it.
    blocked: Option<(Instant, InvokeError)>,
    recheck: Recheck,
    starts: Vec<Start>,
    /// A start has just run into its limit: as on Lambda, the next one is part of the invocation.
    was_too_slow: bool,
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
            alive: Some(alive),
        }
    }

    /// Gives the event to an idle instance, or lets it wait for one.
    pub(super) fn enqueue(&mut self, job: Job) {
        let mut job = job;
        while let Some(instance) = self.idle.pop() {
            match self.dispatch(instance, job) {
                Ok(()) => return,
                Err(back) => job = back,
            }
        }
        if self.parts.limit() == 0 || (self.parts.settings.throttle && self.load() >= self.parts.limit()) {
            // The caller may have gone, here and below: then nobody needs the answer.
            let _ = job.dispatched.send(Err(InvokeError::Throttled));
            return;
        }
        self.queue.push_back(job);
        self.start_more(true);
    }

    /// The instance wants an event: one that waits, or the next to come.
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
        self.idle.push(instance);
        true
    }

    /// Where the pieces of the answer go that the instance begins; `None` when it is wanted as a whole.
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

    pub(super) fn init_failed(&mut self, instance: Uuid, reason: String) {
        if let Some(slot) = self.instances.get_mut(&instance) {
            slot.init_error = Some(reason);
            // What cannot start ends; so it is killed in case it does not.
            slot.kill = None;
        }
    }

    /// The instance has not asked for an event in the time that it had.
    pub(super) fn too_slow(&mut self, instance: Uuid) {
        if let Some(slot) = self.instances.get_mut(&instance) {
            slot.too_slow = true;
        }
    }

    /// The process is gone.
    pub(super) fn exited(&mut self, instance: Uuid, status: &str) {
        self.idle.retain(|other| *other != instance);
        match self.instances.remove(&instance) {
            // Their callers are told by the stop itself.
            _ if *self.parts.stop.borrow() => {}
            Some(Slot { phase: Phase::Busy { reply, .. }, .. }) => {
                self.parts
                    .logs
                    .warn(format_args!("{}: the process ended: {status}", self.parts.function.name));
                let _ = reply.send(Err(InvokeError::Exited(status.to_owned())));
            }
            Some(Slot { phase: Phase::Starting, retired: false, too_slow: true, deadline, .. }) => {
                let timeout = self.parts.function.timeout;
                if deadline.is_some() {
                    self.failed_to_start(InvokeError::TimedOut(timeout));
                } else {
                    let (name, limit) = (&self.parts.function.name, self.parts.settings.init_timeout);
                    self.parts.logs.warn(format_args!(
                        "{name}: no event asked for within {limit:?}; it is started again, with the function's {timeout:?}"
                    ));
                    self.was_too_slow = true;
                }
            }
            Some(Slot { phase: Phase::Starting, retired: false, init_error, .. }) => {
                let reason = init_error.unwrap_or_else(|| status.to_owned());
                self.failed_to_start(InvokeError::Init(reason));
            }
            _ => {}
        }
        self.start_more(true);
    }

    /// No process could be made of the binary.
    pub(super) fn not_started(&mut self, instance: Uuid, reason: String) {
        self.instances.remove(&instance);
        self.failed_to_start(InvokeError::Init(reason));
    }

    /// The instance took too long over its event.
    pub(super) fn timed_out(&mut self, instance: Uuid) {
        self.remove_and_kill(instance);
        self.start_more(true);
    }

    /// Forgets the instance at once; its process is killed.
    fn remove_and_kill(&mut self, instance: Uuid) {
        self.idle.retain(|other| *other != instance);
        self.instances.remove(&instance);
    }

    pub(super) fn is_starting(&self, instance: Uuid) -> bool {
        self.instances.get(&instance).is_some_and(|slot| matches!(slot.phase, Phase::Starting))
    }

    pub(super) fn set_stamp(&mut self, instance: Uuid, stamp: Option<Stamp>) {
        if let Some(slot) = self.instances.get_mut(&instance) {
            slot.stamp = stamp;
        }
    }

    /// Instances of another binary than `current` get no more events.
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

    /// Stops instances that are of no use for so long: idle, or never back for another event.
    pub(super) fn stop_idle(&mut self, now: Instant, after: Duration) {
        self.instances.retain(|_, slot| {
            !matches!(slot.phase, Phase::Idle(_) | Phase::Finishing)
                || now.duration_since(slot.idle_since) < after
        });
        let instances = &self.instances;
        self.idle.retain(|id| instances.contains_key(id));
    }

    pub(super) fn close(&mut self) {
        self.alive = None;
        self.queue.clear();
    }

    /// Starts as many instances as events wait for, less those that are about to be free.
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

    /// Instances to start since the last call.
    pub(super) fn take_starts(&mut self) -> Vec<Start> {
        std::mem::take(&mut self.starts)
    }

    /// How soon [`recheck`](Self::recheck) is to be called, if no such call is planned.
    pub(super) fn take_recheck(&mut self) -> Option<Duration> {
        let is_wanted = self.recheck == Recheck::Wanted;
        is_wanted.then(|| {
            self.recheck = Recheck::Planned;
            FINISHING_GRACE
        })
    }

    /// An instance that works on after its answer must not keep others waiting.
    pub(super) fn recheck(&mut self) {
        self.recheck = Recheck::Unneeded;
        self.start_more(false);
    }

    fn dispatch(&mut self, instance: Uuid, job: Job) -> Result<(), Job> {
        let Some(slot) = self.instances.get_mut(&instance) else { return Err(job) };
        let Phase::Idle(next) = std::mem::replace(&mut slot.phase, Phase::Finishing) else { return Err(job) };
        let Job { payload, request_id, trace_id, pieces, dispatched } = job;
        let (deadline, deadline_millis) =
            slot.deadline.take().unwrap_or_else(|| self.parts.deadline_from_now());
        let delivery =
            Delivery { payload, request_id: request_id.clone(), trace_id, deadline: deadline_millis };
        if let Err(Delivery { payload, request_id, trace_id, .. }) = next.send(delivery) {
            // Its connection is gone: so is the process, or it soon will be.
            self.remove_and_kill(instance);
            return Err(Job { payload, request_id, trace_id, pieces, dispatched });
        }
        let (reply, receiver) = oneshot::channel();
        slot.phase = Phase::Busy { request_id, reply, pieces };
        let cold = !std::mem::replace(&mut slot.served, true);
        let _ = dispatched.send(Ok(Dispatched { instance, cold, deadline, reply: receiver }));
        Ok(())
    }

    fn failed_to_start(&mut self, error: InvokeError) {
        self.failures = self.failures.saturating_add(1);
        let back_off = FIRST_BACK_OFF.saturating_mul(1 << (self.failures - 1).min(8)).min(MAX_BACK_OFF);
        self.parts
            .logs
            .warn(format_args!("{}: {error}; tried again after {back_off:?}", self.parts.function.name));
        if self.in_use() == 0 {
            for job in self.queue.drain(..) {
                let _ = job.dispatched.send(Err(error.clone()));
            }
        }
        self.blocked = Some((Instant::now() + back_off, error));
    }

    /// Events that instances have, or are being started or waited for by.
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
