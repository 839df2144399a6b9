//! Errors that end the reading of a file.

use thiserror::Error;

/// Reasons why a file of results cannot be read at all. A single bad result is a [`crate::Refusal`]
/// instead.
#[derive(Debug, Error)]
pub enum ScanError {
    /// The file holds nothing but white space.
    #[error("the file is empty: the scanner wrote no results, so nothing is known")]
    Empty,
    /// The file is of a family of formats that is read, and holds no results by its nature.
    #[error("{what}")]
    NotResults {
        /// The kind of the file, and the way out.
        what: &'static str,
    },
    /// No format recognises the file.
    #[error("the format is not known; known are: {known}")]
    UnknownFormat {
        /// The titles of the formats, separated by commas.
        known: String,
    },
    /// The file breaks off or does not follow the syntax of its format.
    #[error("{place}: {message}")]
    Syntax {
        /// Line, or line and column, or JSON pointer.
        place: String,
        /// Description of the fault.
        message: String,
    },
    /// The file exceeds a limit on size, depth or count.
    #[error("{place}: more than {limit} {what}; split the file")]
    Limit {
        /// Where the limit was passed.
        place: String,
        /// The limit.
        limit: u64,
        /// Limited thing, in the plural.
        what: &'static str,
    },
    /// The file cannot be read from its source.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl ScanError {
    /// Makes a syntax error.
    pub(crate) fn syntax_error(place: impl Into<String>, message: impl ToString) -> Self {
        Self::Syntax { place: place.into(), message: message.to_string() }
    }
}
