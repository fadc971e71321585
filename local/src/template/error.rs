//! Errors of the template, with the line that they are at.

/// Something in the template that `local` needs and cannot read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("template line {line}: {message}")]
pub struct TemplateError {
    /// Line in the file, from 1.
    pub line: usize,
    /// The mistake, for people.
    pub message: String,
}

/// A template that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The file's content.
    #[error("{path}:{}: {}", .error.line, .error.message)]
    Content {
        /// The file.
        path: String,
        /// The mistake in it.
        error: TemplateError,
    },
}
