//! One life of a function's process: its start, its first request, and a number of warm ones.

use std::time::Duration;

use super::Error;
use super::process::{Counts, Process};
use super::subject::Subject;

/// The number of warm requests.
const WARM_REQUESTS: u32 = 40;

/// The measurements of one process.
pub(super) struct Sample {
    /// From the spawn to the first poll.
    pub(super) init: Duration,
    /// From the spawn to the first answer, without the time between the poll and the event.
    pub(super) first_answer: Duration,
    /// On-CPU time at the first poll.
    pub(super) init_cpu: Duration,
    /// On-CPU time at the poll after the first answer.
    pub(super) first_answer_cpu: Duration,
    /// Minor page faults until then.
    pub(super) minor_faults: u64,
    pub(super) peak_rss: u64,
    /// Times of warm requests.
    pub(super) warm: Vec<Duration>,
    /// On-CPU time of one warm request, on average.
    pub(super) warm_cpu: Duration,
    /// The HTTP statuses of the answers, if they have one.
    pub(super) statuses: Vec<Option<u64>>,
}

impl Sample {
    pub(super) async fn take(subject: &Subject) -> Result<Self, Error> {
        let mut process = Process::start(subject, &[]).await?;
        let init = process.polled().await? - process.spawned;
        let Counts { cpu: init_cpu, .. } = process.counts()?;
        let (took, answer) = process.invoke(&subject.request.event()).await?;
        let Counts { cpu: first_answer_cpu, minor_faults } = process.counts()?;
        let (mut warm, mut statuses) = (Vec::new(), vec![status(&answer)]);
        for _ in 0..WARM_REQUESTS {
            let (took, answer) = process.invoke(&subject.request.event()).await?;
            warm.push(took);
            statuses.push(status(&answer));
        }
        let warm_cpu = process.counts()?.cpu.saturating_sub(first_answer_cpu) / WARM_REQUESTS;
        let peak_rss = process.peak_rss()?;
        Ok(Self {
            init,
            first_answer: init + took,
            init_cpu,
            first_answer_cpu,
            minor_faults,
            peak_rss,
            warm,
            warm_cpu,
            statuses,
        })
    }
}

/// Returns the status in an answer. A streamed one begins with a prelude in JSON.
pub(super) fn status(answer: &[u8]) -> Option<u64> {
    let first = serde_json::Deserializer::from_slice(answer).into_iter::<serde_json::Value>().next();
    first?.ok()?.get("statusCode")?.as_u64()
}
