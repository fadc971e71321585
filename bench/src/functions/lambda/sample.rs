//! One life of a function's process on Lambda: its start, its first request, and a few more.

use std::time::Duration;

use super::network::Network;
use super::share::Share;
use crate::functions::Error;
use crate::functions::process::Process;
use crate::functions::sample::status;
use crate::functions::subject::Subject;

/// The number of requests after the first one, whose handshakes are counted.
const LATER_REQUESTS: u32 = 3;

/// The measurements of one process.
pub(super) struct Sample {
    /// From the spawn to the first poll.
    pub(super) init: Duration,
    /// From the first event to its answer.
    pub(super) first_request: Duration,
    /// The TLS handshakes in the init, in the first request, and in later ones.
    pub(super) handshakes: [u64; 3],
    /// The HTTP status of the first answer, if it has one.
    pub(super) status: Option<u64>,
}

impl Sample {
    /// Starts a process, which has the share of this memory from its first poll on. A function runs on one thread, so it
    /// does not use more than the two processors that Lambda gives it until then.
    pub(super) async fn take(subject: &Subject, network: &Network, memory_mb: u32) -> Result<Self, Error> {
        let mut seen = network.handshakes();
        let mut handshakes = || {
            let before = std::mem::replace(&mut seen, network.handshakes());
            seen - before
        };
        let mut process = Process::start(subject, &[]).await?;
        let init = process.polled().await? - process.spawned;
        let in_init = handshakes();
        let share = Share::new(memory_mb).map_err(Error::Share)?;
        share.hold(process.pid).map_err(Error::Share)?;
        let (first_request, answer) = process.invoke(&subject.request.event()).await?;
        let in_first_request = handshakes();
        for _ in 0..LATER_REQUESTS {
            process.invoke(&subject.request.event()).await?;
        }
        process.terminate().await?;
        let handshakes = [in_init, in_first_request, handshakes()];
        Ok(Self { init, first_request, handshakes, status: status(&answer) })
    }
}
