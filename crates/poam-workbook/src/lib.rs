//! The official workbook: layouts as data, values in, an `.xlsx` out, and the way back.
//!
//! This crate knows sheets, columns and cells. It knows nothing of items, settings or git: a caller
//! turns items into [`Row`]s to [`build()`], and the [`SourceRow`]s of a [`Reading`] into items.
//!
//! ```text
//! layout (data) + Content (values) ──build──▶ .xlsx
//! .xlsx · .xlsm · .csv ──read──▶ Reading (values with their cell addresses, notes)
//! ```
//!
//! No other crate of the workspace names the libraries that write, read and unpack spreadsheets.

/// Prefix of the name of a column where a comment on one of its cells is retained.
pub const COMMENT_ON: &str = "comment on ";
/// Prefix of the name of a column where the target of a link in one of its cells is retained.
pub const LINK_OF: &str = "link of ";

mod address;
pub mod build;
pub mod content;
mod csv_rows;
pub mod field;
mod format;
mod guarded;
pub mod layout;
pub mod read;
mod record_sheets;
mod sheet_writer;
mod template_text;
mod text;
pub mod verify;

pub use build::{BuildError, Rows, build, build_to};
pub use content::{Content, HeaderBlock, Row, Value, WorkbookProperties};
pub use csv_rows::csv_rows;
pub use field::Field;
pub use layout::{Column, ColumnKind, Layout, Problem, SheetLayout, SheetRole, UnknownLayout};
pub use read::{
    DateForms, DateOrder, DateProblem, DayOfMonth, MONTHS, ReadError, ReadOptions, Reading,
    ReadingNote, SheetReading, SheetSeen, SourceCell, SourceProperties, SourceRow, SourceValue,
    is_export_row, parse_date, parse_date_as, parse_date_text, read, read_bytes, read_sheets,
    read_with, to_text as cell_text,
};
pub use record_sheets::{RecordCell, RecordColumn, RecordSheet, write_records};
pub use text::{is_cut, is_first_part, loses_characters};
pub use verify::{WorkbookComparison, WorkbookDifference, compare, properties_of};
