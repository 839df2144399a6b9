//! Tables as Parquet files: columns described once, rows written and read in bounded memory.
//!
//! - [`ParquetColumn`]: name, kind and meaning of a column; [`column_table`] makes the page of a table.
//! - [`ParquetValue`]: a value of a row.
//! - [`TableWriter`]: rows → a file. The same rows give the same bytes.
//! - [`TableReader`]: a file → rows.
//! - [`RowSpool`]: rows on disk between two passes.
//!
//! The crate knows nothing of what the tables are about.

mod column;
mod reader;
mod spool;
mod value;
mod writer;

pub use column::{ParquetColumn, ParquetKind, column_table};
pub use reader::TableReader;
pub use spool::{RowSpool, SpoolChunk, SpoolReader};
pub use value::{ParquetRow, ParquetValue};
pub use writer::TableWriter;

/// Reasons why a table cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// A row has another number of values than the table has columns.
    #[error("a row has {found} values, the table has {expected} columns")]
    Width {
        /// Values of the row.
        found: usize,
        /// Columns of the table.
        expected: usize,
    },
    /// A value is of another kind than its column.
    #[error("column `{column}` holds {expected}, not {found:?}")]
    Kind {
        /// The column.
        column: String,
        /// The kind of the column.
        expected: &'static str,
        /// The value.
        found: Box<ParquetValue>,
    },
    /// A file that is no Parquet file, or a damaged one.
    #[error("the Parquet file cannot be read or written: {0}")]
    Parquet(String),
    /// Rows between two passes that do not decode.
    #[error("rows that were put aside cannot be read back: {0}")]
    Spool(String),
    /// Reading or writing a file failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl From<parquet::errors::ParquetError> for TableError {
    fn from(error: parquet::errors::ParquetError) -> Self {
        Self::Parquet(error.to_string())
    }
}
