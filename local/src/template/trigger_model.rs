//! Events that invoke functions without a request, as plain types.

use std::time::Duration;

use serde_json::Value;

use crate::event_pattern::Pattern;
use crate::schedule::Schedule;

/// All triggers, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Triggers {
    /// `Events` of type `S3`.
    pub objects: Vec<ObjectTrigger>,
    /// `Events` of type `DynamoDB`.
    pub streams: Vec<StreamTrigger>,
    /// `Events` of type `SQS`.
    pub queues: Vec<QueueTrigger>,
    /// `Events` of type `Schedule` and `ScheduleV2`.
    pub schedules: Vec<ScheduleTrigger>,
}

impl Triggers {
    /// Returns the names of the functions that are triggered.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        let objects = self.objects.iter().map(|trigger| &trigger.function);
        let streams = self.streams.iter().map(|trigger| &trigger.function);
        let queues = self.queues.iter().map(|trigger| &trigger.function);
        let schedules = self.schedules.iter().map(|trigger| &trigger.function);
        objects.chain(streams).chain(queues).chain(schedules).map(String::as_str)
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.objects.extend(other.objects);
        self.streams.extend(other.streams);
        self.queues.extend(other.queues);
        self.schedules.extend(other.schedules);
    }
}

/// A function that is notified of a bucket's objects.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ObjectTrigger {
    /// The function's name.
    pub function: String,
    /// The event's name in the template.
    pub name: String,
    /// The bucket's name.
    pub bucket: String,
    /// The events, such as `ObjectCreated:Put` or `ObjectCreated:*`.
    pub events: Vec<String>,
    /// The prefix of the keys.
    pub prefix: String,
    /// The suffix of the keys.
    pub suffix: String,
    /// The line of the template.
    pub line: usize,
}

/// A function that gets the changes of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamTrigger {
    /// The function's name.
    pub function: String,
    /// The event's name in the template.
    pub name: String,
    /// The table's name.
    pub table: String,
    /// The stream's ARN.
    pub stream: String,
    /// The position from which a function reads at first.
    pub position: StartingPosition,
    /// The maximum number of records in a batch.
    pub batch_size: usize,
    /// The time that an incomplete batch waits for more records.
    pub window: Duration,
    /// The number of retries after the first attempt; unlimited if `None`.
    pub retries: Option<u32>,
    /// True if a batch that fails is halved.
    pub bisects: bool,
    /// True if the answer names the records that failed.
    pub reports_failures: bool,
    /// `MaximumRecordAgeInSeconds`; unlimited if `None`.
    pub max_age: Option<Duration>,
    /// A record must fit one of these, if there are any.
    pub filters: Vec<Pattern>,
    /// `OnFailure`.
    pub failure: Option<Destination>,
    /// The line of the template.
    pub line: usize,
}

impl Default for StreamTrigger {
    fn default() -> Self {
        Self {
            function: String::new(),
            name: String::new(),
            table: String::new(),
            stream: String::new(),
            position: StartingPosition::Latest,
            // Lambda's defaults.
            batch_size: 100,
            window: Duration::ZERO,
            retries: None,
            bisects: false,
            reports_failures: false,
            max_age: None,
            filters: Vec::new(),
            failure: None,
            line: 0,
        }
    }
}

impl StreamTrigger {
    /// Tells whether the function gets a record: it fits one of the filters, if there are any.
    #[must_use]
    pub fn wants(&self, record: &Value) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| filter.fits(record))
    }
}

/// A position in a stream at which reading begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StartingPosition {
    /// New records only.
    Latest,
    /// The oldest available record.
    TrimHorizon,
}

/// A function that gets the messages of a queue.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueTrigger {
    /// The function's name.
    pub function: String,
    /// The event's name in the template.
    pub name: String,
    /// The queue's name.
    pub queue: String,
    /// The maximum number of messages in a batch.
    pub batch_size: usize,
    /// The time that an incomplete batch waits for more messages.
    pub window: Duration,
    /// True if the answer names the messages that failed.
    pub reports_failures: bool,
    /// The number of batches that are handled at a time.
    pub concurrency: usize,
    /// A message must fit one of these, if there are any.
    pub filters: Vec<Pattern>,
    /// The line of the template.
    pub line: usize,
}

/// A function that is invoked at certain times.
#[derive(Clone, Debug, PartialEq)]
pub struct ScheduleTrigger {
    /// The function's name.
    pub function: String,
    /// The name that the template gives, or one derived from the logical ids.
    pub name: String,
    /// The kind of schedule.
    pub kind: ScheduleKind,
    /// The times.
    pub schedule: Schedule,
    /// False if it fires only on demand.
    pub is_enabled: bool,
    /// The event instead of AWS's own.
    pub input: Option<String>,
    /// The line of the template.
    pub line: usize,
}

/// The service that fires a schedule.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ScheduleKind {
    /// A rule of `EventBridge`: `Schedule`.
    Rule,
    /// `EventBridge` Scheduler: `ScheduleV2`.
    Scheduler,
}

/// A target of records.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Destination {
    /// The ARN of the target.
    pub arn: String,
    /// The line of the template.
    pub line: usize,
}
