//! The parts of a pool: the function, its binary and its limits.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::build::Build;
use crate::clock;
use crate::logs::Logs;
use crate::template::Function;

/// The settings of instances.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The maximum number of instances of a function, unless its `ReservedConcurrentExecutions` is lower.
    pub max_instances: usize,
    /// The longest time that an event waits for an instance before it is refused.
    pub queue_wait: Duration,
    /// The idle time after which an instance is stopped.
    pub idle_after: Duration,
    /// The longest start of an instance, 10 s on Lambda. A longer start is repeated as a part of the invocation.
    pub init_timeout: Duration,
    /// True if events are refused when Lambda would refuse them, instead of waiting.
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
    /// The function's ARN, which the context contains.
    pub(crate) arn: String,
    pub(crate) binary: PathBuf,
    /// The build for which events wait.
    pub(crate) build: Build,
    pub(crate) environment: Vec<(String, String)>,
    /// The working directory of its processes, `/var/task` on AWS.
    pub(crate) task_root: PathBuf,
    pub(crate) settings: Settings,
    pub(crate) logs: Logs,
    pub(crate) stop: watch::Receiver<bool>,
    /// Stops the Runtime API, which must outlive the processes: one that loses it while it waits reports an error.
    pub(crate) stop_runtime: watch::Receiver<bool>,
}

impl PoolParts {
    /// Returns the maximum number of instances.
    pub(super) fn limit(&self) -> usize {
        self.function.reserved_concurrency.unwrap_or(usize::MAX).min(self.settings.max_instances)
    }

    /// Returns the deadline of an invocation that begins now, also in milliseconds since 1970.
    pub(super) fn deadline_from_now(&self) -> (Instant, i64) {
        let timeout = self.function.timeout;
        let millis = i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX);
        (Instant::now() + timeout, clock::epoch_millis(clock::now()).saturating_add(millis))
    }
}
