//! Logs as JSON lines on standard output, in Lambda's JSON log format.

use std::panic;

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
