//! The setting "as on Lambda": TLS and a network between a function and AWS's services, and a small share of a processor
//! after the init.

mod endpoint;
#[cfg(test)]
mod handshakes;
mod network;
mod plot;
mod report;
mod sample;
mod share;
mod wire;

use std::io;

use local::Stack;

use self::network::Network;
use self::sample::Sample;
use self::share::Share;
use super::Error;
use super::subject::Subject;
use super::turns::in_turns;

pub(super) use self::plot::plot;
pub(super) use self::report::{Row, table};

/// The sizes of memory, which decide on the share of a processor.
const MEMORIES_MB: [u32; 2] = [256, 128];

/// Checks that this machine can measure this setting.
pub(super) fn check() -> io::Result<()> {
    Share::new(MEMORIES_MB[0]).map(drop)
}

/// Measures each function with each size of memory.
pub(super) async fn measure(stack: &Stack, subjects: &[Subject], count: u32) -> Result<Vec<Row>, Error> {
    let (network, subjects) = connect(stack, subjects).await?;
    let samples = in_turns(&subjects, count, async |subject| {
        let mut samples = Vec::new();
        for memory in MEMORIES_MB {
            samples.push(Sample::take(subject, &network, memory).await?);
        }
        Ok(samples)
    });
    let mut rows = Vec::new();
    for (subject, samples) in subjects.iter().zip(samples.await?) {
        let mut by_memory = MEMORIES_MB.map(|memory| (memory, Vec::new()));
        for sample in samples {
            for ((_, samples), sample) in by_memory.iter_mut().zip(sample) {
                samples.push(sample);
            }
        }
        rows.push(Row::new(&subject.name, &by_memory));
    }
    Ok(rows)
}

/// Starts the endpoints, and returns the functions with an environment that names them.
async fn connect(stack: &Stack, subjects: &[Subject]) -> Result<(Network, Vec<Subject>), Error> {
    let environment = stack.environments().into_values().next().unwrap_or_default();
    let network = Network::start(&environment).await.map_err(Error::Endpoint)?;
    let subjects = subjects
        .iter()
        .map(|subject| Subject { environment: network.environment(&subject.environment), ..subject.clone() });
    let subjects = subjects.collect();
    Ok((network, subjects))
}
