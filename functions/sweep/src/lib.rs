//! A daily schedule's event: removes what interrupted requests and removed users left.
//!
//! | found | then |
//! |---|---|
//! | a file that has been `deleting` for more than an hour | its removal is finished |
//! | an object at `files/` without a file | the object is removed |
//! | an object at `incoming/` without a pending file | the object is removed |
//! | a ready file whose user is gone | the file is removed |
//!
//! Objects count once they are a day old, because younger ones may belong to an upload that is under way. A run looks at
//! a limited number of objects and removes a limited number of files; the next run, or the retry of a failed one,
//! continues at the place where it ended. The time is that of the event.

mod bucket;
mod deps;
mod report;

pub use deps::Deps;

use std::time::{Duration, Instant};

use lambda_runtime::{Error, LambdaEvent};
use serde::Deserialize;
use shared::cost::Cost;
use shared::domain::{FileState, Timestamp};
use shared::uploads::finish_removal;

use crate::bucket::is_older;
use crate::report::Report;

/// The time after which the request that began a removal has ended: longer than any function runs.
const REMOVAL_AGE: Duration = Duration::from_hours(1);

/// The maximum number of files whose removal a run finishes.
const MAX_REMOVALS: usize = 100;

/// The part of a schedule's event that is read.
#[derive(Debug, Deserialize)]
pub struct Scheduled {
    /// The time for which the run was scheduled.
    time: Timestamp,
}

/// Sweeps, and logs one line about it. An error ends the run; what it did is done.
pub async fn sweep(deps: &Deps, event: LambdaEvent<Scheduled>) -> Result<(), Error> {
    let started = Instant::now();
    let LambdaEvent { payload: Scheduled { time: now }, context } = event;
    let mut report = Report::default();
    let (result, cost) = Cost::of(Box::pin(run(deps, now, &mut report))).await;
    report.log(&context.request_id, started.elapsed(), cost, result.as_ref().err());
    Ok(result?)
}

async fn run(deps: &Deps, now: Timestamp, report: &mut Report) -> Result<(), shared::uploads::Error> {
    for id in deps.files.being_removed(MAX_REMOVALS).await? {
        // The list may be older than the file.
        let file = deps.files.get_latest(id).await?;
        let stuck = file.filter(|file| {
            file.state == FileState::Deleting && is_older(file.revision.updated_at, REMOVAL_AGE, now)
        });
        if let Some(file) = stuck {
            finish_removal(&deps.files, &deps.objects, &file).await?;
            report.removals += 1;
        }
    }
    bucket::sweep(deps, now, report).await
}
