//! Reads rows out of workbooks and CSV files, wherever their headers are.
//!
//! ```text
//! bytes ──container──▶ checked ──xlsx | csv──▶ Grid ──recognise──▶ headers ──rows──▶ Reading
//! ```
//!
//! Columns are known by their header and never by their letter; sheets by their headers and name
//! and never by their position. A row is an item, a row of the template itself, or empty by what
//! it holds and not by where it stands. Whatever is left out is counted or noted.

mod annotations;
mod budget;
mod classify;
mod container;
mod csv;
mod date;
mod error;
mod grid;
mod head;
mod options;
mod other_kind;
mod part_scan;
mod raw;
mod recognise;
mod rows;
mod shape;
mod value;
mod xlsx;

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;

pub(super) use annotations::AnnotationKind;
pub use date::{
    DateForms, DateOrder, DateProblem, DayOfMonth, parse_date, parse_date_as, parse_date_text,
};
pub use error::{ReadError, SheetSeen};
pub use options::Options;
pub(super) use raw::{RawCell, RawSheet, raw};
pub(super) use recognise::field_of_header;
pub use recognise::is_export_row;
pub use value::{SourceValue, text};

use super::content::HeaderBlock;
use super::field::Field;
use super::layout::SheetRole;

/// The largest file that is read: 64 MiB.
pub const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// What a file holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// The name of the layout that its headers fit best, such as `fedramp-rev5-3.0`.
    pub layout: String,
    /// The values at its head, without the template's own placeholders.
    pub header: HeaderBlock,
    /// Its items, sheet by sheet, from top to bottom.
    pub rows: Vec<SourceRow>,
    /// Every sheet of the file, in its order, and what became of its rows.
    pub sheets: Vec<SheetReading>,
    /// What a person should know: something was left out, or is doubtful.
    pub notes: Vec<Note>,
    /// What the document says of itself; empty for a CSV file.
    pub properties: SourceProperties,
}

impl Reading {
    /// Returns whether plans hold the milestones: the layout has no columns for them, and the document
    /// was not built by this program, which writes them in a form of its own.
    pub fn plans_hold_milestones(&self) -> bool {
        let built_here = |subject: &String| subject.starts_with("commit ");
        let has_column = |sheet: &SheetReading| sheet.columns.contains(&Field::PlannedMilestones);
        self.layout == "fedramp-rev5-3.0"
            && !self.properties.subject.as_ref().is_some_and(built_here)
            && !self.sheets.iter().any(has_column)
    }
}

/// What a document says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceProperties {
    /// Its subject: where a workbook that was built here names its commit.
    pub subject: Option<String>,
    /// Its keywords: where such a workbook says how it was asked for.
    pub keywords: Option<String>,
    /// The day on which it was last saved, as the program that saved it says.
    pub modified: Option<NaiveDate>,
}

/// One item as the file has it.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceRow {
    /// The sheet; for a CSV file the name of the file without its ending.
    pub sheet: String,
    /// What the sheet is for.
    pub role: SheetRole,
    /// The row, from 1. In a CSV file it counts records, as a spreadsheet does on opening it.
    pub row: u32,
    /// The cells that are not blank, by meaning.
    pub cells: BTreeMap<Field, SourceCell>,
    /// The cells that are not blank in columns that no layout knows, with the header. A column
    /// without a header goes by its letters, as in `column AC`.
    pub extra: Vec<(String, SourceCell)>,
}

/// A cell with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceCell {
    /// Where it stands, such as `E12`.
    pub address: String,
    /// What it holds. A formula counts as its stored result.
    pub value: SourceValue,
}

/// What became of the rows of one sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SheetReading {
    /// The sheet.
    pub name: String,
    /// What it is for; `None` when it has no known header row, and then nothing of it was read.
    pub role: Option<SheetRole>,
    /// The header row, from 1.
    pub header_row: Option<u32>,
    /// What its columns say, as far as it is known.
    pub columns: Vec<Field>,
    /// Rows that are items.
    pub rows_read: usize,
    /// Rows that are the template's own text.
    pub rows_template: usize,
    /// Rows with nothing but a formula, its result, or blank text.
    pub rows_empty: usize,
    /// Rows with milestones only, which belong to the item above them.
    pub rows_joined: usize,
}

/// Something a person should know about the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The sheet.
    pub sheet: String,
    /// The row, from 1, when it is about one.
    pub row: Option<u32>,
    /// The fact.
    pub message: String,
}

/// Reads a workbook (`.xlsx`, `.xlsm`) or a CSV file.
///
/// # Errors
///
/// When the file cannot be read, is not one of these, is too large, is encrypted or damaged, or
/// when none of its sheets has a known header row.
pub fn read(path: &Path) -> Result<Reading, ReadError> {
    let failed = |source| ReadError::Io { path: path.to_owned(), source };
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > MAX_FILE_BYTES {
        return Err(ReadError::TooLarge { size, limit: MAX_FILE_BYTES });
    }
    let bytes = std::fs::read(path).map_err(failed)?;
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    read_bytes(&name, bytes)
}

/// Reads the bytes of a workbook or CSV file; the name is that of the file, without its folder.
///
/// The content decides what kind of file it is. The name only tells the sheet of a CSV file.
///
/// # Errors
///
/// As for [`read`], without the file system.
pub fn read_bytes(name: &str, bytes: Vec<u8>) -> Result<Reading, ReadError> {
    read_with(name, bytes, &Options::default())
}

/// The same, with what a person says where the file leaves it open.
///
/// # Errors
///
/// As for [`read_bytes`].
pub fn read_with(name: &str, bytes: Vec<u8>, options: &Options) -> Result<Reading, ReadError> {
    match container::kind(&bytes)? {
        container::Kind::Workbook => xlsx::read(bytes, options),
        container::Kind::Text => csv::read(&[(name, &bytes)], options),
    }
}

/// Reads CSV files as the sheets of one document: names without folders, and bytes.
///
/// # Errors
///
/// As for [`read_bytes`]; a file that is no CSV file is an error too.
pub fn read_sheets(files: &[(&str, &[u8])], options: &Options) -> Result<Reading, ReadError> {
    for (name, bytes) in files {
        if container::kind(bytes)? == container::Kind::Workbook {
            return Err(ReadError::Csv(format!("{name} is a workbook")));
        }
    }
    csv::read(files, options)
}
