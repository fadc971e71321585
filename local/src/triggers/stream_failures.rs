//! Records of batches of a stream that a function did not handle.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html>

use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::clock;

/// The reason why a batch is given up.
#[derive(Clone, Copy, Debug)]
pub(super) enum Condition {
    RetryAttemptsExhausted,
    RecordAgeExceeded,
}

/// A batch that is given up.
pub(super) struct Failure<'f> {
    /// The ARN of the function.
    pub(super) function: &'f str,
    /// The ARN of the stream.
    pub(super) stream: &'f str,
    pub(super) records: &'f [Value],
    pub(super) attempts: u32,
    pub(super) condition: Condition,
    /// False if the function succeeded and named the records that failed.
    pub(super) is_error: bool,
}

impl Failure<'_> {
    /// Returns the record: the place of the batch in the stream, without its content.
    pub(super) fn body(&self) -> Value {
        let ends = [self.records.first(), self.records.last()].map(|record| record.unwrap_or(&Value::Null));
        let [first, last] = ends.map(|record| record["dynamodb"]["SequenceNumber"].clone());
        let [arrival, last_arrival] = ends.map(|record| clock::with_seconds(arrival(record)));
        let mut body = json!({
            "requestContext": {
                "requestId": Uuid::new_v4(),
                "functionArn": self.function,
                "condition": match self.condition {
                    Condition::RetryAttemptsExhausted => "RetryAttemptsExhausted",
                    Condition::RecordAgeExceeded => "RecordAgeExceeded",
                },
                "approximateInvokeCount": self.attempts,
            },
            "version": "1.0",
            "timestamp": clock::with_milliseconds(clock::now()),
            "DDBStreamBatchInfo": {
                "shardId": "shardId-00000000000000000000-00000000",
                "startSequenceNumber": first,
                "endSequenceNumber": last,
                "approximateArrivalOfFirstRecord": arrival,
                "approximateArrivalOfLastRecord": last_arrival,
                "batchSize": self.records.len(),
                "streamArn": self.stream,
            },
        });
        if self.attempts > 0 {
            body["responseContext"] = json!({
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": self.is_error.then_some("Unhandled"),
            });
        }
        body
    }
}

/// Returns the time at which a record was written.
pub(super) fn arrival(record: &Value) -> OffsetDateTime {
    let seconds = record["dynamodb"]["ApproximateCreationDateTime"].as_f64().unwrap_or_default();
    #[expect(clippy::cast_possible_truncation, reason = "the whole seconds of a time of this century")]
    OffsetDateTime::from_unix_timestamp(seconds as i64).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
