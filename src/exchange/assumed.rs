//! What a person says where rows leave it open.

use chrono::NaiveDate;

use crate::model::words::{self, Answer, comparable};
use crate::model::{RiskRating, Status};
use crate::workbook::{DateForms, Field, Note, Reading, SourceCell, SourceValue, cell_text};

/// What the user says where rows do not.
#[derive(Debug, Clone, Default)]
pub struct Assumed {
    /// Original detection date of rows without one.
    pub detected: Option<NaiveDate>,
    /// Original risk rating of rows without one.
    pub rating: Option<RiskRating>,
    /// What the words of a status column mean.
    pub statuses: Vec<Meaning>,
    /// What the words of a rating column mean.
    pub ratings: Vec<(String, RiskRating)>,
    /// What the words of Yes/No/Pending columns mean.
    pub answers: Vec<(String, Answer)>,
    /// How dates in free text are written.
    pub dates: DateForms,
    /// Reads a numbered or dated list in the plan as milestones: of documents that have no column for
    /// them, and that were not built here.
    pub reads_plan_lists: bool,
}

impl Assumed {
    /// The rating that a word means: as was said, else as the table of words has it.
    pub(super) fn rating_of(&self, word: &str) -> Option<RiskRating> {
        said(&self.ratings, word).or_else(|| words::rating(word))
    }

    /// What a word of a Yes/No/Pending column says: as was said, else as the table of words has it.
    pub(super) fn answer_of(&self, word: &str) -> Option<Answer> {
        said(&self.answers, word).or_else(|| words::answer(word))
    }
}

fn said<T: Copy>(meanings: &[(String, T)], word: &str) -> Option<T> {
    let word = comparable(word);
    meanings.iter().find(|(said, _)| comparable(said) == word).map(|(_, meaning)| *meaning)
}

/// Says of each sheet which rows are rated critical: templates know no such rating, and the workbook
/// will show High.
pub fn note_critical(reading: &mut Reading, assumed: &Assumed) {
    /// How many cells a note names.
    const NAMED: usize = 10;
    let critical = |cell: &&SourceCell| {
        assumed.rating_of(&cell_text(&cell.value)) == Some(RiskRating::Critical)
    };
    let mut by_sheet: Vec<(String, Vec<String>)> = Vec::new();
    for row in &reading.rows {
        let cell = row.cells.get(&Field::OriginalRiskRating).filter(critical);
        let Some(cell) = cell else { continue };
        match by_sheet.last_mut().filter(|(sheet, _)| *sheet == row.sheet) {
            Some((_, cells)) => cells.push(cell.address.clone()),
            None => by_sheet.push((row.sheet.clone(), vec![cell.address.clone()])),
        }
    }
    for (sheet, cells) in by_sheet {
        let more = match cells.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let named = cells.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
        let message = format!(
            "rated Critical, which the FedRAMP templates do not know: the items are critical, and the workbook will show High: {named}{more}"
        );
        reading.notes.push(Note { sheet, row: None, message });
    }
}

/// What a word of a status column means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// The word, in any case, with blanks, line breaks or hyphens.
    pub word: String,
    /// The status.
    pub status: Status,
    /// Whether items with it are closed.
    pub closed: bool,
}

impl Meaning {
    /// Whether a cell holds this word.
    pub fn is_of(&self, text: &str) -> bool {
        comparable(&self.word) == comparable(text)
    }
}

/// Words that registers have for every item that is not closed.
const NOT_CLOSED: [&str; 3] = ["active", "ongoing", "delayed"];

/// Whether a word says no more than that an item is not closed.
pub(super) fn is_not_closed(word: &str) -> bool {
    NOT_CLOSED.contains(&comparable(word).as_str())
}

/// Whether the cell of a status column says no more than that an item is not closed. A word that a
/// person gave another meaning says that.
pub fn says_only_not_closed(value: &SourceValue, read: &Status) -> bool {
    let text = cell_text(value);
    let usual = words::status(&text).is_some_and(|usual| *read == usual);
    is_not_closed(&text) && (usual || *read == Status::OPEN)
}
