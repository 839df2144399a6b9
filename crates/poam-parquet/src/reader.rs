//! A Parquet file → rows, a row group at a time.

use std::fs::File;
use std::path::Path;

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};

use crate::column::{LIST_ELEMENT, LIST_EMPTY};
use crate::{ParquetColumn, ParquetKind, ParquetRow, ParquetValue, TableError};

/// Reads the rows of a table. Columns are found by name; one that the file has not is null, and one that
/// is not asked for is not read.
pub struct TableReader {
    file: SerializedFileReader<File>,
    columns: Vec<ParquetColumn>,
    /// The column of the file for each column of the table.
    places: Vec<Option<usize>>,
    group: usize,
    cursors: Vec<Option<ColumnCursor>>,
    left: usize,
}

/// The values of a column of a row group, with the place of the next one.
struct ColumnCursor {
    definition: Vec<i16>,
    repetition: Vec<i16>,
    values: Box<dyn Iterator<Item = ParquetValue> + Send>,
    at: usize,
}

impl TableReader {
    /// Opens a file to read these columns.
    pub fn open(path: &Path, columns: &[ParquetColumn]) -> Result<Self, TableError> {
        let file = SerializedFileReader::new(File::open(path)?)?;
        let leaves = file.metadata().file_metadata().schema_descr().columns();
        let place = |column: &ParquetColumn| {
            leaves.iter().position(|leaf| {
                let path = leaf.path().parts();
                let depth = if column.kind == ParquetKind::TextList { 3 } else { 1 };
                path.len() == depth && path.first().is_some_and(|name| name == column.name)
            })
        };
        let places = columns.iter().map(place).collect();
        Ok(Self { file, columns: columns.to_vec(), places, group: 0, cursors: Vec::new(), left: 0 })
    }

    /// Returns the next row; `None` after the last one.
    pub fn next_row(&mut self) -> Result<Option<ParquetRow>, TableError> {
        while self.left == 0 {
            if self.group >= self.file.num_row_groups() {
                return Ok(None);
            }
            self.open_group()?;
        }
        self.left -= 1;
        let cursors = self.cursors.iter_mut().zip(&self.columns);
        let row = cursors.map(|(cursor, column)| match cursor {
            Some(cursor) => cursor.next(column.kind),
            None => ParquetValue::Null,
        });
        Ok(Some(row.collect()))
    }

    fn open_group(&mut self) -> Result<(), TableError> {
        let group = self.file.get_row_group(self.group)?;
        let rows = usize::try_from(group.metadata().num_rows())
            .map_err(|_| TableError::Parquet("a row group has no number of rows".to_owned()))?;
        let mut cursors = Vec::with_capacity(self.columns.len());
        for (column, place) in self.columns.iter().zip(&self.places) {
            cursors.push(match place {
                Some(place) => Some(read_column(group.as_ref(), *place, column, rows)?),
                None => None,
            });
        }
        self.cursors = cursors;
        self.left = rows;
        self.group += 1;
        Ok(())
    }
}

fn read_column(
    group: &dyn RowGroupReader,
    place: usize,
    column: &ParquetColumn,
    rows: usize,
) -> Result<ColumnCursor, TableError> {
    use ParquetKind as Kind;
    let wrong = || TableError::Parquet(format!("column `{}` has another type", column.name));
    match (column.kind, group.get_column_reader(place)?) {
        (Kind::Text | Kind::Json | Kind::TextList, ColumnReader::ByteArrayColumnReader(reader)) => {
            let name = column.name;
            let read = read_values(reader, rows)?;
            let texts: Result<Vec<ParquetValue>, TableError> =
                read.values.into_iter().map(|bytes| text_of(&bytes, name)).collect();
            Ok(cursor(read.definition, read.repetition, texts?))
        }
        (Kind::Integer, ColumnReader::Int64ColumnReader(reader)) => {
            plain(reader, rows, ParquetValue::Integer)
        }
        (Kind::Timestamp, ColumnReader::Int64ColumnReader(reader)) => {
            plain(reader, rows, ParquetValue::Timestamp)
        }
        (Kind::Date, ColumnReader::Int32ColumnReader(reader)) => {
            plain(reader, rows, ParquetValue::Date)
        }
        (Kind::Double, ColumnReader::DoubleColumnReader(reader)) => {
            plain(reader, rows, ParquetValue::Double)
        }
        (Kind::Boolean, ColumnReader::BoolColumnReader(reader)) => {
            plain(reader, rows, ParquetValue::Boolean)
        }
        _ => Err(wrong()),
    }
}

fn text_of(bytes: &ByteArray, column: &str) -> Result<ParquetValue, TableError> {
    let text = std::str::from_utf8(bytes.data());
    let text = text.map_err(|_| TableError::Parquet(format!("`{column}` is no UTF-8")))?;
    Ok(ParquetValue::Text(text.to_owned()))
}

/// A column of a row group as it is in the file.
struct ReadColumn<T> {
    definition: Vec<i16>,
    repetition: Vec<i16>,
    values: Vec<T>,
}

fn read_values<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    rows: usize,
) -> Result<ReadColumn<T::T>, TableError> {
    let mut read =
        ReadColumn { definition: Vec::new(), repetition: Vec::new(), values: Vec::new() };
    let mut done = 0;
    while done < rows {
        let (records, _, _) = reader.read_records(
            rows - done,
            Some(&mut read.definition),
            Some(&mut read.repetition),
            &mut read.values,
        )?;
        if records == 0 {
            return Err(TableError::Parquet("a column ends before its row group".to_owned()));
        }
        done += records;
    }
    Ok(read)
}

fn plain<T: DataType>(
    reader: ColumnReaderImpl<T>,
    rows: usize,
    value: fn(T::T) -> ParquetValue,
) -> Result<ColumnCursor, TableError> {
    let read = read_values(reader, rows)?;
    let values = read.values.into_iter().map(value).collect();
    Ok(cursor(read.definition, read.repetition, values))
}

fn cursor(definition: Vec<i16>, repetition: Vec<i16>, values: Vec<ParquetValue>) -> ColumnCursor {
    ColumnCursor { definition, repetition, values: Box::new(values.into_iter()), at: 0 }
}

impl ColumnCursor {
    fn next(&mut self, kind: ParquetKind) -> ParquetValue {
        let level = self.definition.get(self.at).copied().unwrap_or_default();
        if kind != ParquetKind::TextList {
            self.at += 1;
            return match level {
                0 => ParquetValue::Null,
                _ => self.values.next().unwrap_or_default(),
            };
        }
        if level < LIST_EMPTY {
            self.at += 1;
            return ParquetValue::Null;
        }
        let mut texts = Vec::new();
        let begin = self.at;
        while let Some(level) = self.definition.get(self.at) {
            let continues = self.at > begin;
            if continues && self.repetition.get(self.at).is_none_or(|level| *level == 0) {
                break;
            }
            if *level == LIST_ELEMENT
                && let Some(ParquetValue::Text(text)) = self.values.next()
            {
                texts.push(text);
            }
            self.at += 1;
        }
        ParquetValue::TextList(texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TableWriter;

    const COLUMNS: &[ParquetColumn] = &[
        ParquetColumn { name: "system", kind: ParquetKind::Text, text: "" },
        ParquetColumn { name: "number", kind: ParquetKind::Integer, text: "" },
        ParquetColumn { name: "share", kind: ParquetKind::Double, text: "" },
        ParquetColumn { name: "closed", kind: ParquetKind::Boolean, text: "" },
        ParquetColumn { name: "due", kind: ParquetKind::Date, text: "" },
        ParquetColumn { name: "happened", kind: ParquetKind::Timestamp, text: "" },
        ParquetColumn { name: "cves", kind: ParquetKind::TextList, text: "" },
        ParquetColumn { name: "other", kind: ParquetKind::Json, text: "" },
    ];

    /// The columns of a later version.
    const LATER: &[ParquetColumn] = &[
        ParquetColumn { name: "system", kind: ParquetKind::Text, text: "" },
        ParquetColumn { name: "cves", kind: ParquetKind::TextList, text: "" },
        ParquetColumn { name: "new", kind: ParquetKind::TextList, text: "" },
    ];

    fn row(number: i64) -> ParquetRow {
        let null = number % 3 == 0;
        let list = |count: i64| (0..count).map(|at| format!("CVE-{number}-{at}")).collect();
        vec![
            format!("system {}", number / 1000).into(),
            number.into(),
            (!null).then_some(0.5).into(),
            (number % 2 == 0).into(),
            if null { ParquetValue::Null } else { ParquetValue::Date(20_000) },
            ParquetValue::Timestamp(1_700_000_000_000_000 - number),
            if null { ParquetValue::Null } else { ParquetValue::TextList(list(number % 4)) },
            "{}".into(),
        ]
    }

    fn write(rows: i64) -> Vec<u8> {
        let mut writer = TableWriter::create(Vec::new(), COLUMNS).unwrap();
        for number in 0..rows {
            writer.write(row(number)).unwrap();
        }
        assert_eq!(writer.rows(), u64::try_from(rows).unwrap());
        writer.finish().unwrap()
    }

    #[test]
    fn rows_come_back_over_several_row_groups() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.parquet");
        for rows in [0, 1, 70_000] {
            std::fs::write(&path, write(rows)).unwrap();
            let mut reader = TableReader::open(&path, COLUMNS).unwrap();
            for number in 0..rows {
                assert_eq!(reader.next_row().unwrap().unwrap(), row(number), "{number}");
            }
            assert_eq!(reader.next_row().unwrap(), None);
        }
    }

    #[test]
    fn columns_are_found_by_name_and_missing_ones_are_null() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.parquet");
        std::fs::write(&path, write(3)).unwrap();
        let mut reader = TableReader::open(&path, LATER).unwrap();
        reader.next_row().unwrap();
        let second = reader.next_row().unwrap().unwrap();
        let cves = ParquetValue::TextList(vec!["CVE-1-0".to_owned()]);
        assert_eq!(second, ["system 0".into(), cves, ParquetValue::Null]);
    }

    #[test]
    fn the_same_rows_give_the_same_bytes() {
        assert!(write(1000) == write(1000));
    }

    #[test]
    fn a_value_of_another_kind_and_a_file_of_others_are_errors() {
        let mut writer = TableWriter::create(Vec::new(), COLUMNS).unwrap();
        let mut wrong = row(1);
        wrong[1] = "text".into();
        let error = writer.write(wrong).unwrap_err().to_string();
        assert_eq!(error, "column `number` holds BIGINT, not Text(\"text\")");
        assert!(writer.write(Vec::new()).is_err());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.parquet");
        let mut damaged = write(10);
        let end = damaged.len() - 9;
        damaged[end] ^= 0xff;
        for bytes in [&b"PAR1"[..], b"", b"no table at all", &damaged] {
            std::fs::write(&path, bytes).unwrap();
            let read = TableReader::open(&path, COLUMNS).and_then(|mut it| it.next_row());
            assert!(read.is_err(), "{}", bytes.len());
        }
    }
}
