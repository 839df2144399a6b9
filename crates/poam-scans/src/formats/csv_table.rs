//! CSV tables whose header may be below some lines of a preamble.

use std::collections::HashMap;
use std::io::{BufRead, Read};

use crate::ScanError;

/// A row with its header.
pub(super) struct CsvRow<'a> {
    /// The line of the file on which the row begins.
    pub(super) line: u64,
    columns: &'a HashMap<String, usize>,
    record: &'a csv::StringRecord,
}

impl CsvRow<'_> {
    /// Returns the trimmed value of the first of some columns that is there and not blank; else "".
    pub(super) fn get(&self, names: &[&str]) -> &str {
        for name in names {
            let value =
                self.columns.get(*name).and_then(|at| self.record.get(*at)).unwrap_or("").trim();
            if !value.is_empty() {
                return value;
            }
        }
        ""
    }

    /// Returns whether all cells are blank.
    pub(super) fn is_blank(&self) -> bool {
        self.record.iter().all(|cell| cell.trim().is_empty())
    }
}

/// Returns the names in a line of a header, in lower case.
pub(super) fn column_names(line: &str) -> Vec<String> {
    let separator = char::from(find_separator(line));
    line.split(separator).map(column_name).collect()
}

/// Returns the name of a column in lower case, without quotes and byte order mark.
fn column_name(cell: &str) -> String {
    cell.trim().trim_start_matches('\u{feff}').trim_matches('"').to_lowercase()
}

/// Returns what separates the cells of a line: a comma, or a semicolon or tab where there are more.
fn find_separator(line: &str) -> u8 {
    let count = |separator: u8| line.bytes().filter(|byte| *byte == separator).count();
    let commas = count(b',');
    if count(b';') > commas {
        b';'
    } else if count(b'\t') > commas {
        b'\t'
    } else {
        b','
    }
}

/// Counts quotes while it reads: an odd number of them at the end is a quote that nobody closed.
struct QuoteCounter<R> {
    input: R,
    is_open: bool,
}

impl<R: Read> Read for QuoteCounter<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.input.read(buffer)?;
        let bytes = buffer.get(..length).unwrap_or_default();
        let quotes = bytes.iter().filter(|byte| **byte == b'"').count();
        self.is_open ^= quotes % 2 == 1;
        Ok(length)
    }
}

/// Reads a table and passes each row below the header to a function. The header is the first row of
/// which `is_header` holds; names of columns are compared in lower case. The first line shows what
/// separates cells.
pub(super) fn for_each_row(
    input: &mut dyn BufRead,
    is_header: impl Fn(&[String]) -> bool,
    mut row: impl FnMut(&CsvRow<'_>) -> Result<bool, ScanError>,
) -> Result<(), ScanError> {
    let buffered = input.fill_buf()?;
    let first = buffered.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let separator = find_separator(&String::from_utf8_lossy(first));
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(QuoteCounter { input, is_open: false });
    let mut last_length = 0;
    let mut columns: Option<HashMap<String, usize>> = None;
    let mut record = csv::StringRecord::new();
    loop {
        let line = reader.position().line();
        let more = reader
            .read_record(&mut record)
            .map_err(|error| ScanError::syntax_error(format!("line {line}"), error))?;
        if !more {
            let is_short = columns.as_ref().is_some_and(|columns| last_length < columns.len());
            if reader.get_ref().is_open && is_short {
                let message = "the file ends inside a quoted cell: it was cut";
                return Err(ScanError::syntax_error(format!("line {line}"), message));
            }
            return Ok(());
        }
        last_length = record.len();
        let line = record.position().map_or(line, csv::Position::line);
        let Some(columns) = &columns else {
            let names: Vec<String> = record.iter().map(column_name).collect();
            if is_header(&names) {
                let mut known = HashMap::new();
                for (at, name) in names.into_iter().enumerate() {
                    known.entry(name).or_insert(at);
                }
                columns = Some(known);
            }
            continue;
        };
        if !row(&CsvRow { line, columns, record: &record })? {
            return Ok(());
        }
    }
}
