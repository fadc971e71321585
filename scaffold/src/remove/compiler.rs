//! The compiler's errors in the workspace, which show the code that needs a removed part.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{Error, checkout};

/// An error or a warning, at one of the places that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// Its file, from the workspace's folder.
    pub(super) file: PathBuf,
    pub(super) line: usize,
    /// Its bytes.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) message: String,
    /// The text that the compiler suggests in the place of another one.
    pub(super) replacement: Option<(Range<usize>, String)>,
}

impl Finding {
    /// Tells whether a name is gone, or is not used any more.
    pub(super) fn is_about_a_name(&self) -> bool {
        ["cannot find", "could not find", "never ", "no ", "unresolved", "unused"]
            .iter()
            .any(|words| self.message.contains(words))
    }

    pub(super) fn range(&self) -> Range<usize> {
        self.start..self.end
    }
}

/// The words of suggestions that are followed: the length of an array that has become shorter, a needless `mut`, and a
/// variable that only code which is gone has read. What gives it its value can have an effect, so it stays.
const REPLACEMENTS: [&str; 4] = ["array length", "remove this `mut`", "underscore", "ignoring the field"];

#[derive(Deserialize)]
struct Line {
    message: Option<Diagnostic>,
}

#[derive(Deserialize)]
struct Diagnostic {
    #[serde(rename = "message")]
    text: String,
    spans: Vec<Span>,
    children: Vec<Diagnostic>,
}

#[derive(Deserialize)]
struct Span {
    file_name: PathBuf,
    byte_start: usize,
    byte_end: usize,
    line_start: usize,
    is_primary: bool,
    expansion: Option<Box<Expansion>>,
    suggested_replacement: Option<String>,
}

#[derive(Deserialize)]
struct Expansion {
    span: Span,
}

/// Checks all targets, and returns what is wrong; each once, in the order of the places.
pub(super) fn check(root: &Path) -> Result<Vec<Finding>, Error> {
    let output = checkout::cargo()
        .args(["check", "--workspace", "--all-targets", "--keep-going", "--message-format=json", "--quiet"])
        .current_dir(root)
        // The next look at the same crates is a quick one, also where builds are not incremental.
        .env("CARGO_INCREMENTAL", "1")
        .output()
        .map_err(|error| Error::Removal(format!("cargo cannot be started: {error}")))?;
    let mut findings = Vec::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Ok(Line { message: Some(Diagnostic { text, spans, children }) }) = serde_json::from_str(line)
        else {
            continue;
        };
        let help =
            children.into_iter().filter(|help| REPLACEMENTS.iter().any(|words| help.text.contains(words)));
        let replacement = help
            .flat_map(|help| help.spans)
            .find_map(|span| Some((span.byte_start..span.byte_end, span.suggested_replacement?)));
        for span in spans.into_iter().filter(|span| span.is_primary) {
            let span = written(span);
            findings.push(Finding {
                file: span.file_name,
                line: span.line_start,
                start: span.byte_start,
                end: span.byte_end,
                message: text.clone(),
                replacement: replacement.clone(),
            });
        }
    }
    findings.sort_by(|one, other| {
        (&one.file, one.start, &one.message).cmp(&(&other.file, other.start, &other.message))
    });
    findings.dedup();
    eprintln!("cargo check: {} errors and warnings", findings.len());
    if findings.is_empty() && !output.status.success() {
        return Err(Error::Removal(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    Ok(findings)
}

/// The place in a file of ours that a macro's code comes from.
fn written(mut span: Span) -> Span {
    while span.file_name.is_absolute() || span.file_name.as_os_str().to_string_lossy().starts_with('<') {
        match span.expansion {
            Some(expansion) => span = expansion.span,
            None => return span,
        }
    }
    span
}
