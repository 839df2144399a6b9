//! Reads rows out of workbooks and CSV files, wherever their headers are.
//!
//! ```text
//! bytes ──container──▶ checked ──xlsx | csv──▶ Grid ──recognise──▶ headers ──rows──▶ Reading
//! ```
//!
//! Columns are known by their header and never by their letter; sheets by their headers and name
//! and never by their position. A row is an item, a row of the template itself, or empty by what
//! it holds and not by the state of it. Whatever is left out is counted or noted.

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
    DateForms, DateOrder, DateProblem, DayOfMonth, MONTHS, parse_date, parse_date_as,
    parse_date_text,
};
pub use error::{ReadError, SheetSeen};
pub use options::ReadOptions;
pub(super) use raw::{RawCell, RawSheet, read_raw};
pub(super) use recognise::field_of_header;
pub use recognise::is_export_row;
pub use value::{SourceValue, to_text};

use super::content::HeaderBlock;
use super::field::Field;
use super::layout::SheetRole;

/// The largest file that is read: 64 MiB.
pub const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// Items and remarks read from a file.
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
    /// Remarks for a person: something was left out, or is doubtful.
    pub notes: Vec<ReadingNote>,
    /// Properties of the document; empty for a CSV file.
    pub properties: SourceProperties,
}

impl Reading {
    /// Returns whether plans hold the milestones: the layout has no columns for them, and the document
    /// was not built by this program, which writes them in a form of its own.
    pub fn plans_hold_milestones(&self) -> bool {
        let built_here = |subject: &String| subject.starts_with("commit ");
        self.layout == "fedramp-rev5-3.0"
            && !self.properties.subject.as_ref().is_some_and(built_here)
            && !self.sheets.iter().any(has_plan_column)
    }
}

fn has_plan_column(sheet: &SheetReading) -> bool {
    sheet.columns.contains(&Field::PlannedMilestones)
}

/// Properties of a document: title, author, dates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceProperties {
    /// Its subject: where a workbook that was built here names its commit.
    pub subject: Option<String>,
    /// Its keywords: where such a workbook states how it was asked for.
    pub keywords: Option<String>,
    /// The day on which it was last saved, as the program that saved it states.
    pub modified: Option<NaiveDate>,
}

/// One item as the file has it.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceRow {
    /// The sheet; for a CSV file the name of the file without its ending.
    pub sheet: String,
    /// Purpose of the sheet.
    pub role: SheetRole,
    /// The row, from 1. In a CSV file it counts records, as a spreadsheet does on opening it.
    pub row: u32,
    /// The cells that are not blank, by meaning.
    pub cells: BTreeMap<Field, SourceCell>,
    /// The cells that are not blank in columns that no layout knows, with the header. A column
    /// without a header goes by its letters, as in `column AC`.
    pub extra: Vec<(String, SourceCell)>,
    /// The milestones of the item, each with the cells of its row, where the form has a row for each
    /// (eMASS); `None` where it has not.
    pub milestones: Option<Vec<BTreeMap<Field, SourceCell>>>,
}

/// A cell with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceCell {
    /// Where it is, such as `E12`.
    pub address: String,
    /// Value of the cell. A formula counts as its stored result.
    pub value: SourceValue,
}

/// Counts and columns of one sheet that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SheetReading {
    /// The sheet.
    pub name: String,
    /// Purpose; `None` when it has no known header row, and then nothing of it was read.
    pub role: Option<SheetRole>,
    /// The header row, from 1.
    pub header_row: Option<u32>,
    /// Meaning of its columns, as far as it is known.
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
pub struct ReadingNote {
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
/// The content decides what kind of file it is. The name only shows the sheet of a CSV file.
///
/// # Errors
///
/// As for [`read`], without the file system.
pub fn read_bytes(name: &str, bytes: Vec<u8>) -> Result<Reading, ReadError> {
    read_with(name, bytes, &ReadOptions::default())
}

/// Reads a file with a person's choices where the file leaves something open.
///
/// # Errors
///
/// As for [`read_bytes`].
pub fn read_with(name: &str, bytes: Vec<u8>, options: &ReadOptions) -> Result<Reading, ReadError> {
    match container::container_kind(&bytes)? {
        container::ContainerKind::Workbook => xlsx::read(bytes, options),
        container::ContainerKind::Text => csv::read(&[(name, &bytes)], options),
    }
}

/// Reads CSV files as the sheets of one document: names without folders, and bytes.
///
/// # Errors
///
/// As for [`read_bytes`]; a file that is no CSV file is an error too.
pub fn read_sheets(files: &[(&str, &[u8])], options: &ReadOptions) -> Result<Reading, ReadError> {
    for (name, bytes) in files {
        if container::container_kind(bytes)? == container::ContainerKind::Workbook {
            return Err(ReadError::Csv(format!("{name} is a workbook")));
        }
    }
    csv::read(files, options)
}
