//! Triggers: events that invoke functions without a request.
//!
//! A change of a bucket's object ([`s3`]) and the clock ([`schedules`]) go through Lambda's asynchronous queue. Changes
//! of a table are read from its stream in batches ([`dynamodb_streams`]), and so are the messages of a queue ([`sqs`]).

mod batch;
pub(crate) mod checkpoints;
pub(crate) mod dynamodb_streams;
pub(crate) mod s3;
pub(crate) mod schedules;
pub(crate) mod sqs;
mod stream_failures;
