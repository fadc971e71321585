//! Triggers: events that invoke functions without a request.
//!
//! A change of a bucket's object goes through Lambda's asynchronous queue ([`s3`]). Changes of a table are read from
//! its stream in batches ([`dynamodb_streams`]).

pub(crate) mod dynamodb_streams;
pub(crate) mod s3;
