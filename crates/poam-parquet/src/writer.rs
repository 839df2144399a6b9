//! Rows → a Parquet file, a row group at a time.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{Compression, GzipLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};

use crate::column::{LIST_ELEMENT, LIST_EMPTY, schema};
use crate::{ParquetColumn, ParquetKind, ParquetValue, TableError};

/// Rows of a row group at most.
const GROUP_ROWS: usize = 65_536;

/// Bytes of texts of a row group at most, about: what the writer holds in memory.
const GROUP_BYTES: usize = 32 << 20;

/// The program in the file. Without a version, so that the bytes do not change with every release.
const CREATED_BY: &str = "poam";

/// Writes the rows of a table to a file. The same rows give the same bytes.
pub struct TableWriter<W: Write + Send> {
    columns: &'static [ParquetColumn],
    buffers: Vec<ColumnBuffer>,
    file: SerializedFileWriter<W>,
    waiting: usize,
    weight: usize,
    rows: u64,
}

/// The values of a column that wait to be written, with their levels.
struct ColumnBuffer {
    definition: Vec<i16>,
    repetition: Vec<i16>,
    values: ColumnValues,
}

/// Values of a column by the type in the file.
enum ColumnValues {
    Bytes(Vec<ByteArray>),
    Int64(Vec<i64>),
    Int32(Vec<i32>),
    Double(Vec<f64>),
    Bool(Vec<bool>),
}

impl ColumnValues {
    fn new(kind: ParquetKind) -> Self {
        match kind {
            ParquetKind::Text | ParquetKind::Json | ParquetKind::TextList => {
                Self::Bytes(Vec::new())
            }
            ParquetKind::Integer | ParquetKind::Timestamp => Self::Int64(Vec::new()),
            ParquetKind::Date => Self::Int32(Vec::new()),
            ParquetKind::Double => Self::Double(Vec::new()),
            ParquetKind::Boolean => Self::Bool(Vec::new()),
        }
    }
}

impl ColumnBuffer {
    fn new(kind: ParquetKind) -> Self {
        Self { definition: Vec::new(), repetition: Vec::new(), values: ColumnValues::new(kind) }
    }

    fn push(&mut self, column: &ParquetColumn, value: ParquetValue) -> Result<(), TableError> {
        use ParquetKind as Kind;
        use ParquetValue as Value;
        match (column.kind, value, &mut self.values) {
            (_, Value::Null, _) => {
                self.definition.push(0);
                self.repetition.push(0);
                return Ok(());
            }
            (Kind::TextList, Value::TextList(texts), ColumnValues::Bytes(values)) => {
                if texts.is_empty() {
                    self.definition.push(LIST_EMPTY);
                    self.repetition.push(0);
                }
                for (at, text) in texts.into_iter().enumerate() {
                    self.definition.push(LIST_ELEMENT);
                    self.repetition.push(i16::from(at > 0));
                    values.push(text.into_bytes().into());
                }
                return Ok(());
            }
            (Kind::Text | Kind::Json, Value::Text(text), ColumnValues::Bytes(values)) => {
                values.push(text.into_bytes().into());
            }
            (Kind::Integer, Value::Integer(number), ColumnValues::Int64(values))
            | (Kind::Timestamp, Value::Timestamp(number), ColumnValues::Int64(values)) => {
                values.push(number);
            }
            (Kind::Date, Value::Date(day), ColumnValues::Int32(values)) => values.push(day),
            (Kind::Double, Value::Double(number), ColumnValues::Double(values)) => {
                values.push(number);
            }
            (Kind::Boolean, Value::Boolean(truth), ColumnValues::Bool(values)) => {
                values.push(truth);
            }
            (kind, found, _) => {
                return Err(TableError::Kind {
                    column: column.name.to_owned(),
                    expected: kind.sql(),
                    found: Box::new(found),
                });
            }
        }
        self.definition.push(column.kind.levels());
        self.repetition.push(0);
        Ok(())
    }

    /// Writes the values as a column of the open row group and forgets them.
    fn write(
        &mut self,
        kind: ParquetKind,
        mut column: SerializedColumnWriter<'_>,
    ) -> Result<(), TableError> {
        let definition = Some(self.definition.as_slice());
        let repetition = (kind == ParquetKind::TextList).then_some(self.repetition.as_slice());
        match &self.values {
            ColumnValues::Bytes(values) => {
                column.typed::<ByteArrayType>().write_batch(values, definition, repetition)?
            }
            ColumnValues::Int64(values) => {
                column.typed::<Int64Type>().write_batch(values, definition, repetition)?
            }
            ColumnValues::Int32(values) => {
                column.typed::<Int32Type>().write_batch(values, definition, repetition)?
            }
            ColumnValues::Double(values) => {
                column.typed::<DoubleType>().write_batch(values, definition, repetition)?
            }
            ColumnValues::Bool(values) => {
                column.typed::<BoolType>().write_batch(values, definition, repetition)?
            }
        };
        column.close()?;
        *self = Self::new(kind);
        Ok(())
    }
}

impl<W: Write + Send> TableWriter<W> {
    /// Begins a file with these columns.
    pub fn create(out: W, columns: &'static [ParquetColumn]) -> Result<Self, TableError> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::GZIP(GzipLevel::default()))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_created_by(CREATED_BY.to_owned())
            .build();
        Ok(Self {
            columns,
            buffers: columns.iter().map(|column| ColumnBuffer::new(column.kind)).collect(),
            file: SerializedFileWriter::new(out, schema(columns)?, Arc::new(properties))?,
            waiting: 0,
            weight: 0,
            rows: 0,
        })
    }

    /// Adds a row: a value for each column, in their order.
    pub fn write(&mut self, row: crate::ParquetRow) -> Result<(), TableError> {
        if row.len() != self.columns.len() {
            return Err(TableError::Width { found: row.len(), expected: self.columns.len() });
        }
        for ((column, buffer), value) in self.columns.iter().zip(&mut self.buffers).zip(row) {
            self.weight += value.weight();
            buffer.push(column, value)?;
        }
        self.waiting += 1;
        self.rows += 1;
        if self.waiting >= GROUP_ROWS || self.weight >= GROUP_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Returns the number of rows that were added.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Ends the file; returns what it was written to.
    pub fn finish(mut self) -> Result<W, TableError> {
        self.flush()?;
        Ok(self.file.into_inner()?)
    }

    /// Writes the rows that wait as a row group.
    fn flush(&mut self) -> Result<(), TableError> {
        if self.waiting == 0 {
            return Ok(());
        }
        let mut group = self.file.next_row_group()?;
        for (column, buffer) in self.columns.iter().zip(&mut self.buffers) {
            let Some(writer) = group.next_column()? else { break };
            buffer.write(column.kind, writer)?;
        }
        group.close()?;
        self.waiting = 0;
        self.weight = 0;
        Ok(())
    }
}
