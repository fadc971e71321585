//! Changes of tables that a function could not handle, read from their streams again.

use std::io;

use dynoxide::Database;
use dynoxide::actions::describe_stream::DescribeStreamRequest;
use dynoxide::actions::get_records::GetRecordsRequest;
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use serde_json::Value;

use crate::template::{REGION, StreamTrigger, Template};

/// The streams of tables, and the functions that get their records.
#[derive(Clone)]
pub(crate) struct Streams {
    database: Database,
    triggers: Vec<StreamTrigger>,
}

impl Streams {
    pub(crate) fn of(database: &Database, template: &Template) -> Self {
        Self { database: database.clone(), triggers: template.triggers.streams.clone() }
    }

    /// Returns the ARNs of the targets to which failed batches of a function go.
    pub(crate) fn failures_of(&self, function: &str) -> impl Iterator<Item = &str> {
        let triggers = self.triggers.iter().filter(move |trigger| trigger.function == function);
        triggers.filter_map(|trigger| Some(trigger.failure.as_ref()?.arn.as_str()))
    }

    /// Returns the records of a batch that a function gets, by the `DDBStreamBatchInfo` of a failure. None are left after
    /// the time for which the stream keeps them.
    pub(crate) async fn batch(&self, function: &str, info: &Value) -> io::Result<Vec<Value>> {
        let text = |name: &str| info[name].as_str().unwrap_or_default().to_owned();
        let (arn, start, end) = (text("streamArn"), text("startSequenceNumber"), text("endSequenceNumber"));
        let trigger =
            self.triggers.iter().find(|trigger| trigger.function == function && trigger.stream == arn);
        let trigger = trigger.ok_or_else(|| io::Error::other(format!("{function} does not read {arn}")))?;
        let database = self.database.clone();
        let read = tokio::task::spawn_blocking(move || between(&database, arn, start, &end)).await?;
        let mut records = read.map_err(io::Error::other)?;
        for record in &mut records {
            record["awsRegion"] = REGION.into();
            record["eventSourceARN"] = trigger.stream.as_str().into();
        }
        records.retain(|record| trigger.wants(record));
        Ok(records)
    }
}

/// Returns the records from one sequence number to another one.
fn between(
    database: &Database,
    stream_arn: String,
    start: String,
    end: &str,
) -> dynoxide::Result<Vec<Value>> {
    let request =
        DescribeStreamRequest { stream_arn: stream_arn.clone(), ..DescribeStreamRequest::default() };
    let shards = database.describe_stream(request)?.stream_description.shards;
    let request = GetShardIteratorRequest {
        stream_arn,
        shard_id: shards.into_iter().next().map(|shard| shard.shard_id).unwrap_or_default(),
        shard_iterator_type: "AT_SEQUENCE_NUMBER".to_owned(),
        sequence_number: Some(start),
    };
    let mut iterator = database.get_shard_iterator(request)?.shard_iterator;
    let mut records = Vec::new();
    while let Some(shard_iterator) = iterator {
        let found = database.get_records(GetRecordsRequest { shard_iterator, limit: None })?;
        iterator = found.next_shard_iterator.filter(|_| !found.records.is_empty());
        for record in &found.records {
            let record = serde_json::to_value(record).unwrap_or_default();
            if order(&record["dynamodb"]["SequenceNumber"]) > order(&end.into()) {
                return Ok(records);
            }
            records.push(record);
        }
    }
    Ok(records)
}

/// Sequence numbers are numbers in text, without zeros before them.
fn order(number: &Value) -> (usize, &str) {
    let digits = number.as_str().unwrap_or_default().trim_start_matches('0');
    (digits.len(), digits)
}
