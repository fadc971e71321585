//! Errors in the template, with their lines.

/// A part of the template that `local` needs and cannot read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("template line {line}: {message}")]
pub struct TemplateError {
    /// The line in the file, from 1.
    pub line: usize,
    /// A description of the mistake.
    pub message: String,
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
}
