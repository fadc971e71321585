//! The parts of documents that measurements write.

use std::path::{Path, PathBuf};

use shared::clock::Clock;

/// The reason why a part cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0}: {1}")]
    Io(PathBuf, std::io::Error),
    #[error("{0} has no place for {1}: <!-- {1} --> and <!-- /{1} -->")]
    NoMarkers(PathBuf, &'static str),
}

/// Writes `text` between the markers of `part`.
pub(crate) fn write(path: &Path, part: &'static str, text: &str) -> Result<(), Error> {
    let io = |error| Error::Io(path.to_owned(), error);
    let document = std::fs::read_to_string(path).map_err(io)?;
    let [before, _, after] = around(&document, path, part)?;
    std::fs::write(path, format!("{before}\n{text}\n\n{after}")).map_err(io)
}

/// Returns the text between the markers of `part`.
pub(crate) fn read(path: &Path, part: &'static str) -> Result<String, Error> {
    let document = std::fs::read_to_string(path).map_err(|error| Error::Io(path.to_owned(), error))?;
    let [_, text, _] = around(&document, path, part)?;
    Ok(text.to_owned())
}

/// Returns the document up to the text of a part, the text, and the rest.
fn around<'a>(document: &'a str, path: &Path, part: &'static str) -> Result<[&'a str; 3], Error> {
    let (begin, end) = (format!("<!-- {part} -->\n"), format!("<!-- /{part} -->"));
    let parts = document.find(&begin).and_then(|at| {
        let (before, rest) = document.split_at(at + begin.len());
        let (text, after) = rest.split_at(rest.find(&end)?);
        Some([before, text, after])
    });
    parts.ok_or_else(|| Error::NoMarkers(path.to_owned(), part))
}

/// Returns the day and the machine of a measurement, in a sentence.
pub(crate) fn occasion() -> String {
    let day: String = Clock::system().now().to_string().chars().take(10).collect();
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown", |(_, name)| name.trim());
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel = kernel.split('-').next().unwrap_or_default().trim();
    format!("Measured on {day}. Processors: {processors} ({model}). Linux {kernel}.")
}
