//! Logs as JSON lines on standard output, in Lambda's JSON log format.

use std::error::Error;
use std::io;
use std::panic;
use std::process::ExitCode;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::config;

/// Starts logging: one JSON object a line, at the level of `AWS_LAMBDA_LOG_LEVEL` (default `INFO`).
///
/// A panic becomes an error event with its position in the code, instead of lines of text.
pub fn init() {
    let level = config::optional("AWS_LAMBDA_LOG_LEVEL")
        .and_then(|level| if level == "FATAL" { Some(LevelFilter::ERROR) } else { level.parse().ok() })
        .unwrap_or(LevelFilter::INFO);
    let shows_spans = level >= LevelFilter::DEBUG;
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(shows_spans)
        .with_span_events(if shows_spans { FmtSpan::CLOSE } else { FmtSpan::NONE })
        .with_target(false)
        .with_max_level(level)
        .finish();
    // A second call, as in tests, keeps the first subscriber.
    let _ = tracing::subscriber::set_global_default(subscriber);

    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panicked: {}", panic.payload_as_str().unwrap_or("no message"));
    }));
}

/// Logs the end of the runtime, and returns the exit code of the process.
///
/// A Runtime API that cannot be reached is an error. One that is gone has stopped this instance, as when its container is
/// stopped.
pub fn ended(result: Result<(), Box<dyn Error + Send + Sync>>) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    if was_refused(&*error) {
        tracing::error!(%error, "the runtime cannot start");
    } else {
        tracing::info!(%error, "the runtime ended");
    }
    ExitCode::FAILURE
}

fn was_refused(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |&error| error.source())
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::ConnectionRefused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("client error")]
    struct Wrapped(#[source] io::Error);

    #[test]
    fn a_refused_connection_is_found_among_the_causes() {
        for (kind, expected) in
            [(io::ErrorKind::ConnectionRefused, true), (io::ErrorKind::ConnectionReset, false)]
        {
            assert_eq!(was_refused(&Wrapped(kind.into())), expected, "{kind}");
        }
    }
}
