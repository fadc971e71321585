//! Errors in the template, and its parts without an effect, with their lines.

use std::fmt;

/// A part of the template that `local` needs and cannot read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("template line {line}: {message}")]
pub struct TemplateError {
    /// The line in the file, from 1.
    pub line: usize,
    /// A description of the mistake.
    pub message: String,
}

/// A part of the template that is left out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NotEmulated {
    /// The part, such as `Alerts` or `UsersFunction.VpcConfig`.
    pub name: String,
    /// The type, if the part is a resource or an event.
    pub kind: Option<String>,
    /// The line of the template.
    pub line: usize,
}

impl fmt::Display for NotEmulated {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Some(kind) => write!(formatter, "{} ({kind}) is not emulated", self.name),
            None => write!(formatter, "{} is not emulated", self.name),
        }
    }
}

/// The reason why a template cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// The reason.
        source: std::io::Error,
    },
    /// The file's content is invalid.
    #[error("{path}:{}: {}", .error.line, .error.message)]
    Content {
        /// The file.
        path: String,
        /// The mistake.
        error: TemplateError,
    },
    /// Parts of the template have no effect here, and all must have one.
    #[error("{}", lines(path, parts))]
    NotEmulated {
        /// The file.
        path: String,
        /// The parts.
        parts: Vec<NotEmulated>,
    },
}

fn lines(path: &str, parts: &[NotEmulated]) -> String {
    let lines: Vec<String> = parts.iter().map(|part| format!("{path}:{}: {part}", part.line)).collect();
    lines.join("\nlocal: ")
}
