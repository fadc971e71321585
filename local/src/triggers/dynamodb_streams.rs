//! The changes of tables, delivered to functions in batches and in order.
//!
//! As on Lambda, a failed batch is retried until it succeeds or `MaximumRetryAttempts` is reached, and later records
//! wait. Each function's position in the stream is stored with the data.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use dynoxide::Database;
use dynoxide::actions::describe_stream::DescribeStreamRequest;
use dynoxide::actions::get_records::GetRecordsRequest;
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use super::batch::failures;
use super::checkpoints::Checkpoints;
use super::stream_failures::{self, Condition, Failure};
use crate::clock;
use crate::lambda::destinations::Targets;
use crate::lambda::instances::{InvokeError, Pool, Pools};
use crate::lambda::trace;
use crate::logs::Logs;
use crate::server::stop;
use crate::sqs::Attributes;
use crate::template::{REGION, StartingPosition, StreamTrigger};

/// The interval at which a stream is polled; Lambda polls four times a second.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// The longest wait before a batch is retried.
const MAX_RETRY_WAIT: Duration = Duration::from_secs(30);

/// The parts that all readers share.
#[derive(Clone)]
pub(crate) struct Readers {
    pub(crate) database: Database,
    pub(crate) pools: watch::Receiver<Pools>,
    pub(crate) checkpoints: Checkpoints,
    /// The wait before the first retry; it doubles with each further one.
    pub(crate) retry_wait: Duration,
    pub(crate) targets: Targets,
    pub(crate) logs: Logs,
    pub(crate) stop: watch::Receiver<bool>,
}

impl Readers {
    /// Starts one reader for each trigger. They see every write from now on.
    pub(crate) async fn start(&self, triggers: &[StreamTrigger]) -> io::Result<()> {
        for trigger in triggers {
            let reader = Reader { trigger: trigger.clone(), shared: self.clone() };
            let position = reader.start().await?;
            tokio::spawn(reader.run(position));
        }
        Ok(())
    }
}

/// A function's reader of a stream.
struct Reader {
    trigger: StreamTrigger,
    shared: Readers,
}

/// Records that the function gets together.
struct Batch {
    records: Vec<Value>,
    /// The number of attempts that count.
    attempts: u32,
}

impl Reader {
    /// Reads until the stack is stopped.
    async fn run(self, position: String) {
        let mut stop = self.shared.stop.clone();
        tokio::select! {
            () = stop::requested(&mut stop) => {}
            result = self.read(position) => {
                if let Err(error) = result {
                    let StreamTrigger { function, table, .. } = &self.trigger;
                    self.shared.logs.warn(format_args!("{function}: the stream of {table} is lost: {error}"));
                }
            }
        }
    }

    async fn read(&self, mut position: String) -> io::Result<()> {
        loop {
            let records = self.next(&position).await?;
            let Some(last) = records.last().map(sequence_number) else { continue };
            self.deliver(records).await?;
            self.shared.checkpoints.set(&self.key(), &last)?;
            position = last;
        }
    }

    /// Returns the sequence number after which reading begins: that of the last finished record or, at first, of the
    /// trigger's starting position. It is empty for the beginning of the stream.
    async fn start(&self) -> io::Result<String> {
        if let Some(kept) = self.shared.checkpoints.get(&self.key()) {
            return Ok(kept);
        }
        let position = match self.trigger.position {
            StartingPosition::TrimHorizon => String::new(),
            StartingPosition::Latest => {
                let request = DescribeStreamRequest {
                    stream_arn: self.trigger.stream.clone(),
                    ..DescribeStreamRequest::default()
                };
                let described = self.call(move |database| database.describe_stream(request)).await?;
                let shard = described.stream_description.shards.into_iter().next();
                shard.and_then(|shard| shard.sequence_number_range.ending_sequence_number).unwrap_or_default()
            }
        };
        self.shared.checkpoints.set(&self.key(), &position)?;
        Ok(position)
    }

    /// Returns the records after `position`: at least one, and as many as fit into the batch or arrive within its
    /// window.
    async fn next(&self, position: &str) -> io::Result<Vec<Value>> {
        let mut iterator = self.iterator(position).await?;
        let (mut records, mut first) = (Vec::new(), None::<Instant>);
        loop {
            let request = GetRecordsRequest {
                shard_iterator: iterator.clone(),
                limit: Some(self.trigger.batch_size - records.len()),
            };
            let found = self.call(move |database| database.get_records(request)).await?;
            iterator = found.next_shard_iterator.unwrap_or(iterator);
            let is_quiet = found.records.is_empty();
            for record in &found.records {
                let mut record = serde_json::to_value(record)?;
                if changes_nothing(&record) {
                    continue;
                }
                record["awsRegion"] = REGION.into();
                record["eventSourceARN"] = self.trigger.stream.as_str().into();
                if self.trigger.wants(&record) {
                    records.push(record);
                }
            }
            if !records.is_empty() {
                let waited = first.get_or_insert_with(Instant::now).elapsed();
                if records.len() >= self.trigger.batch_size || waited >= self.trigger.window {
                    return Ok(records);
                }
            }
            if is_quiet {
                tokio::time::sleep(POLL_INTERVAL).await;
            }
        }
    }

    async fn iterator(&self, position: &str) -> io::Result<String> {
        let stream_arn = self.trigger.stream.clone();
        let request =
            DescribeStreamRequest { stream_arn: stream_arn.clone(), ..DescribeStreamRequest::default() };
        let described = self.call(move |database| database.describe_stream(request)).await?;
        let shard_id = described.stream_description.shards.into_iter().next().map(|shard| shard.shard_id);
        let request = GetShardIteratorRequest {
            stream_arn,
            shard_id: shard_id.unwrap_or_default(),
            shard_iterator_type: if position.is_empty() { "TRIM_HORIZON" } else { "AFTER_SEQUENCE_NUMBER" }
                .to_owned(),
            sequence_number: Some(position.to_owned()).filter(|position| !position.is_empty()),
        };
        let response = self.call(move |database| database.get_shard_iterator(request)).await?;
        response.shard_iterator.ok_or_else(|| io::Error::other("no shard iterator"))
    }

    /// Delivers the records in order, until each has succeeded or its retries are used up.
    async fn deliver(&self, records: Vec<Value>) -> io::Result<()> {
        let mut batches = VecDeque::from([Batch { records, attempts: 0 }]);
        while let Some(mut batch) = batches.pop_front() {
            let name = &self.trigger.function;
            let pool = Pools::compiled(&self.shared.pools, name).await;
            let pool = pool.ok_or_else(|| io::Error::other(format!("{name} is gone")))?;
            self.drop_aged(&pool, &mut batch);
            if batch.records.is_empty() {
                continue;
            }
            let event = Bytes::from(json!({ "Records": batch.records }).to_string());
            let (why, error) = match pool.invoke(event, trace::new()).await {
                Ok(invocation) => match self.failed_from(&invocation.payload, &batch.records) {
                    None => continue,
                    Some(first) => {
                        batch.records.drain(..first);
                        (format!("it reports record {}", sequence_number(&batch.records[0])), None)
                    }
                },
                // The next run begins with this batch.
                Err(InvokeError::Stopping) => return std::future::pending().await,
                Err(error) => {
                    let is_divisible =
                        self.trigger.bisects || matches!(error, InvokeError::RequestTooLarge(_));
                    if is_divisible && batch.records.len() > 1 {
                        // Halving a batch does not count as an attempt.
                        let rest = batch.records.split_off(batch.records.len() / 2);
                        let attempts = batch.attempts;
                        self.warn(&batch, format_args!("is halved: {error}"));
                        batches.push_front(Batch { records: rest, attempts });
                        batches.push_front(batch);
                        continue;
                    }
                    (error.to_string(), Some(error))
                }
            };
            batch.attempts += 1;
            if self.trigger.retries.is_some_and(|retries| batch.attempts > retries) {
                self.give_up(&pool, &batch, Condition::RetryAttemptsExhausted, error.is_some(), &why);
                continue;
            }
            let wait = (self.shared.retry_wait * 2u32.saturating_pow(batch.attempts - 1)).min(MAX_RETRY_WAIT);
            self.warn(&batch, format_args!("is retried in {wait:?}: {why}"));
            tokio::time::sleep(wait).await;
            batches.push_front(batch);
        }
        Ok(())
    }

    /// Gives up the records that are older than `MaximumRecordAgeInSeconds`.
    fn drop_aged(&self, pool: &Pool, batch: &mut Batch) {
        let Some(max_age) = self.trigger.max_age else { return };
        let now = clock::now();
        let is_aged = |record: &Value| now - stream_failures::arrival(record) > max_age;
        let count = batch.records.iter().take_while(|record| is_aged(record)).count();
        if count > 0 {
            let aged = Batch { records: batch.records.drain(..count).collect(), attempts: batch.attempts };
            self.give_up(pool, &aged, Condition::RecordAgeExceeded, true, "its records are too old");
        }
    }

    /// Logs that a batch is not delivered, and sends its place in the stream to the destination.
    fn give_up(&self, pool: &Pool, batch: &Batch, condition: Condition, is_error: bool, why: &str) {
        self.warn(batch, format_args!("is given up after {} attempts: {why}", batch.attempts));
        if let Some(destination) = &self.trigger.failure {
            let failure = Failure {
                function: pool.arn(),
                stream: &self.trigger.stream,
                records: &batch.records,
                attempts: batch.attempts,
                condition,
                is_error,
            };
            let body = failure.body().to_string();
            self.shared.targets.send(pool, destination, &body, Attributes::new());
        }
    }

    fn warn(&self, batch: &Batch, what: std::fmt::Arguments<'_>) {
        self.shared.logs.warn(format_args!("{}: {} {what}", self.trigger.function, shown(batch)));
    }

    /// Returns the index of the first record that the answer reports as failed.
    fn failed_from(&self, answer: &[u8], records: &[Value]) -> Option<usize> {
        let numbers: Vec<String> = records.iter().map(sequence_number).collect();
        let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
        self.trigger.reports_failures.then(|| failures(answer, &numbers).first().copied()).flatten()
    }

    fn key(&self) -> String {
        format!("{}/{}", self.trigger.function, self.trigger.name)
    }

    async fn call<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Database) -> dynoxide::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let database = self.shared.database.clone();
        tokio::task::spawn_blocking(move || call(&database)).await?.map_err(io::Error::other)
    }
}

/// Tells whether a write left its item unchanged. `DynamoDB` keeps no record of such a write.
///
/// Only a stream with both images shows that.
fn changes_nothing(record: &Value) -> bool {
    let change = &record["dynamodb"];
    change["OldImage"].is_object() && change["OldImage"] == change["NewImage"]
}

fn sequence_number(record: &Value) -> String {
    record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default().to_owned()
}

fn shown(batch: &Batch) -> String {
    let end = |record: Option<&Value>| record.map(sequence_number).unwrap_or_default();
    format!(
        "the batch of {} records from {} to {}",
        batch.records.len(),
        end(batch.records.first()),
        end(batch.records.last())
    )
}
