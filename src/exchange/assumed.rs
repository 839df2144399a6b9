//! What a person says where rows leave it open.

use chrono::NaiveDate;

use crate::model::{RiskRating, Status};
use crate::workbook::{SourceValue, cell_text};

/// What the user says where rows do not.
#[derive(Debug, Clone, Default)]
pub struct Assumed {
    /// Original detection date of rows without one.
    pub detected: Option<NaiveDate>,
    /// Original risk rating of rows without one.
    pub rating: Option<RiskRating>,
    /// What the words of a status column mean.
    pub statuses: Vec<Meaning>,
}

/// What a word of a status column means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// The word, in any case, with blanks or hyphens.
    pub word: String,
    /// The status.
    pub status: Status,
    /// Whether items with it are closed.
    pub closed: bool,
}

impl Meaning {
    /// Whether a cell holds this word.
    pub fn is_of(&self, text: &str) -> bool {
        plain(&self.word) == plain(text)
    }
}

/// Words for every status in which items are not closed.
pub(super) const NOT_CLOSED: [&str; 3] = ["active", "ongoing", "delayed"];

/// Whether the cell of a status column says no more than that an item is not closed.
pub fn says_only_not_closed(value: &SourceValue) -> bool {
    NOT_CLOSED.contains(&plain(&cell_text(value)).as_str())
}

/// A word of a status column as it is compared.
pub(super) fn plain(word: &str) -> String {
    word.trim().to_lowercase().replace([' ', '_'], "-")
}
