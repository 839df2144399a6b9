//! The official workbook: layouts as data, values in, an `.xlsx` out, and the way back.
//!
//! This room knows sheets, columns and cells. It knows nothing of items, settings or git: a caller
//! turns items into [`Row`]s to [`build()`], and the [`SourceRow`]s of a [`Reading`] into items.
//!
//! ```text
//! layout (data) + Content (values) ──build──▶ .xlsx
//! .xlsx · .xlsm · .csv ──read──▶ Reading (values with their cell addresses, notes)
//! ```
//!
//! The crates that write and read spreadsheets, and the one that unpacks them, are named nowhere
//! outside this room.

mod address;
pub mod build;
pub mod content;
mod csv_rows;
pub mod field;
mod format;
pub mod layout;
pub mod read;
mod sheet_writer;
mod template_text;
mod text;
pub mod verify;

pub use build::{BuildError, Rows, build, build_to};
pub use content::{Content, HeaderBlock, Properties, Row, Value};
pub use csv_rows::csv_rows;
pub use field::Field;
pub use layout::{Column, ColumnKind, Layout, Problem, SheetLayout, SheetRole, UnknownLayout};
pub use read::{
    DateOrder, DateProblem, Note, Options, ReadError, Reading, SheetReading, SheetSeen, SourceCell,
    SourceProperties, SourceRow, SourceValue, parse_date, read, read_bytes, read_sheets, read_with,
    text as cell_text,
};
pub use text::{is_cut, is_first_part, loses_characters};
pub use verify::{Comparison, Difference, compare, properties_of};
