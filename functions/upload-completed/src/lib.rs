//! S3's events for `incoming/`: an upload arrived, by a presigned URL or from `upload`.
//!
//! | the file is | then |
//! |---|---|
//! | pending, and the object matches | the object is copied to `files/`, and the file is ready |
//! | pending, and the object differs | the file is removed, and the log says why |
//! | ready | nothing |
//! | missing | its copy is removed if there is one |
//!
//! The object itself stays for a day, so that its URL cannot upload another one.
//!
//! Events arrive at least once, in any order. An error that may be transient fails the invocation, so Lambda retries
//! it.

use std::time::Instant;

use aws_lambda_events::event::s3::{S3Event, S3EventRecord};
use lambda_runtime::{Error, LambdaEvent};
use percent_encoding::percent_decode_str;
use shared::config::{ConfigError, FromEnv};
use shared::cost::Cost;
use shared::domain::FileId;
use shared::http::chain;
use shared::objects::{Objects, incoming_id};
use shared::store::Files;

mod check;

/// The function's dependencies.
pub struct Deps {
    files: Files,
    /// The objects of the bucket that each event names. template.yaml cannot name it: the bucket refers to the
    /// function, so the function cannot refer to the bucket.
    objects: Objects,
}

impl FromEnv for Deps {
    fn from_env() -> Result<Self, ConfigError> {
        Ok(Self { files: Files::from_env()?, objects: Objects::named_by_events()? })
    }
}

/// Some records failed; the others were handled.
#[derive(Debug, thiserror::Error)]
#[error("{failed} of {records} records failed")]
struct Failed {
    failed: usize,
    records: usize,
}

/// Handles each record of an event on its own.
pub async fn complete(deps: &Deps, event: LambdaEvent<S3Event>) -> Result<(), Error> {
    let LambdaEvent { payload, context } = event;
    let records = payload.records.len();
    let mut failed = 0;
    for record in payload.records {
        if !handle(deps, &record, &context.request_id).await {
            failed += 1;
        }
    }
    if failed == 0 { Ok(()) } else { Err(Failed { failed, records }.into()) }
}

/// Handles a record and logs one line about its outcome. Returns `false` if the record must be sent again.
async fn handle(deps: &Deps, record: &S3EventRecord, request_id: &str) -> bool {
    let started = Instant::now();
    let Some((bucket, id)) = upload(record) else {
        tracing::warn!(requestId = request_id, "ignored an object that is not an upload");
        return true;
    };
    let objects = deps.objects.named(bucket);
    let (outcome, cost) = Cost::of(Box::pin(check::check(&deps.files, &objects, id))).await;
    let (file_id, duration_ms) = (id.to_string(), started.elapsed().as_secs_f64() * 1000.0);
    let Cost { calls, rcu, wcu } = cost;
    match outcome {
        Ok(outcome) => {
            let (outcome, reason) = (outcome.name(), outcome.reason());
            tracing::info!(
                requestId = request_id,
                fileId = file_id,
                outcome,
                reason,
                durationMs = duration_ms,
                calls,
                rcu,
                wcu,
                "handled"
            );
            true
        }
        Err(error) => {
            let error = chain(&error);
            tracing::error!(
                requestId = request_id,
                fileId = file_id,
                durationMs = duration_ms,
                calls,
                rcu,
                wcu,
                error,
                "failed"
            );
            false
        }
    }
}

/// Returns the bucket and the file of an upload. S3 encodes keys as forms do (Amazon S3 user guide, "Event message
/// structure").
fn upload(record: &S3EventRecord) -> Option<(&str, FileId)> {
    let key = percent_decode_str(record.s3.object.key.as_deref()?).decode_utf8().ok()?;
    Some((record.s3.bucket.name.as_deref()?, incoming_id(&key)?))
}
