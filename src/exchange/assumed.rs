//! Assumptions of a person where rows leave something open.

use chrono::NaiveDate;

use crate::model::words::{self, Answer, to_comparable};
use crate::model::{RiskRating, Status};
use crate::text::first_of;
use crate::workbook::{DateForms, Field, Reading, ReadingNote, SourceCell, SourceValue, cell_text};

/// Assumptions that the user states for rows that leave something open.
#[derive(Debug, Clone, Default)]
pub struct Assumed {
    /// Original detection date of rows without one.
    pub detected: Option<NaiveDate>,
    /// Original risk rating of rows without one.
    pub rating: Option<RiskRating>,
    /// Meanings of the words of a status column.
    pub statuses: Vec<StatusMeaning>,
    /// Meanings of the words of a rating column.
    pub ratings: Vec<(String, RiskRating)>,
    /// Meanings of the words of Yes/No/Pending columns.
    pub answers: Vec<(String, Answer)>,
    /// Form of dates in free text.
    pub dates: DateForms,
    /// Reads a numbered or dated list in the plan as milestones: of documents that have no column for
    /// them, and that were not built here.
    pub reads_plan_lists: bool,
    /// The day of the document, or today: what was before it is past.
    pub document_day: Option<NaiveDate>,
}

impl Assumed {
    /// Returns the rating that a word means: as was stated, else as the table of words has it.
    pub(super) fn rating_of(&self, word: &str) -> Option<RiskRating> {
        said(&self.ratings, word).or_else(|| words::find_rating(word))
    }

    /// Returns the meaning of a word of a Yes/No/Pending column: as assumed, else by the table of
    /// words.
    pub(super) fn answer_of(&self, word: &str) -> Option<Answer> {
        said(&self.answers, word).or_else(|| words::find_answer(word))
    }
}

fn said<T: Copy>(meanings: &[(String, T)], word: &str) -> Option<T> {
    let word = to_comparable(word);
    meanings.iter().find(|(said, _)| to_comparable(said) == word).map(|(_, meaning)| *meaning)
}

/// States of each sheet which rows are rated critical: templates know no such rating, and the workbook
/// will show High.
pub fn note_critical(reading: &mut Reading, assumed: &Assumed) {
    /// Number of cells that a note names.
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
        let named = first_of(&cells, NAMED);
        let message = format!(
            "rated Critical, which the FedRAMP templates do not know: the items are critical, and the workbook will show High: {named}"
        );
        reading.notes.push(ReadingNote { sheet, row: None, message });
    }
}

/// Meaning of a word of a status column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusMeaning {
    /// The word, in any case, with blanks, line breaks or hyphens.
    pub word: String,
    /// The status.
    pub status: Status,
    /// Whether items with it are closed.
    pub closed: bool,
}

impl StatusMeaning {
    /// Returns whether a cell holds this word.
    pub fn is_of(&self, text: &str) -> bool {
        to_comparable(&self.word) == to_comparable(text)
    }
}

/// Words that registers have for every item that is not closed.
const NOT_CLOSED: [&str; 3] = ["active", "ongoing", "delayed"];

/// Returns whether a word means only that an item is not closed.
pub(super) fn is_not_closed(word: &str) -> bool {
    NOT_CLOSED.contains(&to_comparable(word).as_str())
}

/// Returns whether the cell of a status column means only that an item is not closed. A word that a
/// person gave another meaning states that.
pub fn says_only_not_closed(value: &SourceValue, read: &Status) -> bool {
    let text = cell_text(value);
    let usual = words::find_status(&text).is_some_and(|usual| *read == usual);
    is_not_closed(&text) && (usual || *read == Status::OPEN)
}
