//! The order of the measurements.

use indicatif::{ProgressBar, ProgressStyle};

use super::Error;
use super::subject::Subject;

/// Takes the samples of all functions in turns, so that a busy minute of the machine is in the numbers of each.
pub(super) async fn in_turns<T>(
    subjects: &[Subject],
    count: u32,
    take: impl AsyncFn(&Subject) -> Result<T, Error>,
) -> Result<Vec<Vec<T>>, Error> {
    let style = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} {elapsed_precise}");
    let bar = ProgressBar::new(u64::from(count) * subjects.len() as u64);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut samples: Vec<Vec<T>> = subjects.iter().map(|_| Vec::new()).collect();
    for _ in 0..count {
        for (subject, samples) in subjects.iter().zip(&mut samples) {
            samples.push(take(subject).await?);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(samples)
}
