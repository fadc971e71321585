//! The medians of each function on Lambda.

use std::time::Duration;

use serde::Serialize;

use super::sample::Sample;
use crate::functions::report::{line, median, ratio};
use crate::functions::subject::FLOOR;

/// The measurements of one function.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::functions) struct Row {
    pub(super) function: String,
    /// The HTTP status of the answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u64>,
    /// The most TLS handshakes of a process: in its init, in its first request, and in later ones.
    tls_handshakes: [u64; 3],
    pub(super) init_ms: f64,
    pub(super) memories: Vec<Memory>,
}

/// The measurements with one size of memory.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Memory {
    pub(super) mb: u32,
    pub(super) first_request_ms: f64,
    /// The init and the first request together.
    together_ms: f64,
}

impl Row {
    /// Makes a row of the samples with each size of memory.
    pub(super) fn new(function: &str, samples: &[(u32, Vec<Sample>)]) -> Self {
        let all = || samples.iter().flat_map(|(_, samples)| samples);
        let most = |phase: usize| all().map(|sample| sample.handshakes[phase]).max().unwrap_or_default();
        let memory = |(mb, samples): &(u32, Vec<Sample>)| Memory {
            mb: *mb,
            first_request_ms: millis(samples, |sample| sample.first_request),
            together_ms: millis(samples, |sample| sample.init + sample.first_request),
        };
        Self {
            function: function.to_owned(),
            status: all().next().and_then(|sample| sample.status),
            tls_handshakes: [0, 1, 2].map(most),
            init_ms: millis(all(), |sample| sample.init),
            memories: samples.iter().map(memory).collect(),
        }
    }
}

fn millis<'a>(samples: impl IntoIterator<Item = &'a Sample>, of: impl Fn(&Sample) -> Duration) -> f64 {
    median(samples, of).as_secs_f64() * 1e3
}

/// Formats a row for each function. A number in parentheses is the ratio to the floor.
pub(in crate::functions) fn table(rows: &[Row]) -> String {
    let Some(floor) = rows.iter().find(|row| row.function == FLOOR) else { return String::new() };
    let mut head = ["function", "status", "TLS handshakes", "init ms"].map(str::to_owned).to_vec();
    for Memory { mb, .. } in &floor.memories {
        head.extend([format!("first request ms, {mb} MB"), format!("together ms, {mb} MB")]);
    }
    let mut lines = vec![line(head.clone()), format!("|{}", "---|".repeat(head.len()))];
    for row in rows {
        let mut cells = vec![
            format!("`{}`", row.function),
            row.status.map(|status| status.to_string()).unwrap_or_default(),
            row.tls_handshakes.map(|count| count.to_string()).join(" + "),
            ratio(row.init_ms, floor.init_ms, 2),
        ];
        for (memory, floor) in row.memories.iter().zip(&floor.memories) {
            cells.push(ratio(memory.first_request_ms, floor.first_request_ms, 2));
            cells.push(ratio(memory.together_ms, floor.together_ms, 2));
        }
        lines.push(line(cells));
    }
    lines.join("\n")
}
