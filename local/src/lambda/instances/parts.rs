//! The parts of a pool: the function, its binary and its limits.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::clock;
use crate::logs::Logs;
use crate::template::Function;

/// How instances are run.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Instances of a function at once, unless its `ReservedConcurrentExecutions` says less.
    pub max_instances: usize,
    /// How long an event waits for an instance before it is refused.
    pub queue_wait: Duration,
    /// An instance that is idle for so long is stopped.
    pub idle_after: Duration,
    /// Longest start, 10 s on Lambda. One that takes longer is tried again as a part of the invocation.
    pub init_timeout: Duration,
    /// Refuse at once where Lambda would, instead of letting events wait.
    pub throttle: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_instances: 10,
            queue_wait: Duration::from_secs(30),
            idle_after: Duration::from_mins(5),
            init_timeout: Duration::from_secs(10),
            throttle: false,
        }
    }
}

/// The parts of a pool.
#[derive(Debug)]
pub(crate) struct PoolParts {
    pub(crate) function: Function,
    /// The function's ARN, which its context names.
    pub(crate) arn: String,
    pub(crate) binary: PathBuf,
    pub(crate) environment: Vec<(String, String)>,
    /// The working directory of its processes, `/var/task` on AWS.
    pub(crate) task_root: PathBuf,
    pub(crate) settings: Settings,
    pub(crate) logs: Logs,
    pub(crate) stop: watch::Receiver<bool>,
    /// Ends the Runtime API, which outlives the processes: one that loses it while it waits reports an error.
    pub(crate) stop_runtime: watch::Receiver<bool>,
}

impl PoolParts {
    /// Instances at once.
    pub(super) fn limit(&self) -> usize {
        self.function.reserved_concurrency.unwrap_or(usize::MAX).min(self.settings.max_instances)
    }

    /// The end of an invocation that begins now, and the same in milliseconds since 1970.
    pub(super) fn deadline_from_now(&self) -> (Instant, i64) {
        let timeout = self.function.timeout;
        let millis = i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX);
        (Instant::now() + timeout, clock::epoch_millis(clock::now()).saturating_add(millis))
    }
}
