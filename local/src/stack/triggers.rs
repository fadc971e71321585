//! The start of all triggers.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dynoxide::Database;
use tokio::sync::{mpsc, watch};

use crate::lambda::async_queue::Queue;
use crate::lambda::destinations::Targets;
use crate::lambda::instances::Pools;
use crate::logs::Logs;
use crate::s3::Change;
use crate::template::Template;
use crate::triggers::checkpoints::Checkpoints;
use crate::triggers::dynamodb_streams::Readers;
use crate::triggers::{s3, schedules, sqs};

/// The parts of a stack that triggers read from and send to.
pub(super) struct Starting<'s> {
    pub(super) template: &'s Template,
    pub(super) pools: &'s watch::Receiver<Pools>,
    pub(super) queue: &'s Arc<Queue>,
    pub(super) targets: Targets,
    pub(super) database: Database,
    /// The changes of buckets.
    pub(super) changes: mpsc::UnboundedReceiver<Change>,
    /// The folder of the data, if it is stored.
    pub(super) kept: Option<&'s Path>,
    pub(super) retry_wait: Duration,
    pub(super) logs: &'s Logs,
    pub(super) stop: &'s watch::Receiver<bool>,
}

impl Starting<'_> {
    pub(super) async fn start(self) -> io::Result<()> {
        let Self { pools, queue, logs, stop, retry_wait, .. } = self;
        let triggers = &self.template.triggers;
        let subscribed = (triggers.objects.clone(), pools.clone());
        tokio::spawn(s3::notify(self.changes, subscribed, Arc::clone(queue), stop.clone()));
        schedules::start(&triggers.schedules, pools, queue, stop);
        sqs::start(&triggers.queues, pools, &self.targets.queues, retry_wait, logs, stop);
        let readers = Readers {
            database: self.database,
            pools: pools.clone(),
            checkpoints: Checkpoints::open(self.kept)?,
            retry_wait,
            targets: self.targets,
            logs: logs.clone(),
            stop: stop.clone(),
        };
        readers.start(&triggers.streams).await
    }
}
