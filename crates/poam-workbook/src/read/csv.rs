//! CSV files into grids.

use std::borrow::Cow;
use std::path::Path;

use super::budget::Budget;
use super::error::ReadError;
use super::grid::{Cells, Grid};
use super::value::SourceValue;
use super::{ReadOptions, Reading, recognise, rows};
use crate::address::MAX_COLUMNS;
use crate::csv_rows::unescape_cell;
use crate::text::Continued;

/// Delimiters between cells, in the order of trying.
const DELIMITERS: &[u8] = b",;\t";

/// Reads CSV files as the sheets of one document.
pub(super) fn read(files: &[(&str, &[u8])], options: &ReadOptions) -> Result<Reading, ReadError> {
    let mut budget = Budget::default();
    let mut grids = Vec::new();
    for (name, bytes) in files {
        grids.push(read_sheet(name, bytes, &mut budget, options)?);
    }
    rows::assemble_grids(grids, false, &mut Continued::default(), options)
}

/// Returns the cells of one file, with the delimiter that shows a known header row.
fn read_sheet(
    name: &str,
    bytes: &[u8],
    budget: &mut Budget,
    options: &ReadOptions,
) -> Result<Grid, ReadError> {
    let bytes = decode_text(bytes)?;
    let name = Path::new(name)
        .file_stem()
        .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let mut first = None;
    for delimiter in DELIMITERS {
        // Headers are in the first rows; the others are read once the delimiter is known.
        let head =
            read_grid(&name, &bytes, *delimiter, recognise::ROWS_SEARCHED, &mut Budget::default())?;
        if recognise::find(&head, recognise::LeastHeaders::Few, options).is_ok() {
            closed_quotes(&bytes, *delimiter)?;
            return read_grid(&name, &bytes, *delimiter, u32::MAX, budget);
        }
        first.get_or_insert(head);
    }
    closed_quotes(&bytes, DELIMITERS[0])?;
    Ok(first.unwrap_or_default())
}

/// Returns whether a file begins with the mark of UTF-16, as spreadsheets save `Unicode text`.
pub(super) fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff")
}

/// Returns whether the lower byte of each character comes first, where the start of a file without a mark is
/// UTF-16 with letters of English: every other byte is zero.
pub(super) fn utf16_without_mark(bytes: &[u8]) -> Option<bool> {
    const LOOKED_AT: usize = 512;
    let head = &bytes[..bytes.len().min(LOOKED_AT) / 2 * 2];
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (first, second) = (zeros(0), zeros(1));
    let many = |zeros: usize| zeros * 4 >= head.len().max(1);
    match (many(first), many(second)) {
        (false, true) if first == 0 => Some(true),
        (true, false) if second == 0 => Some(false),
        _ => None,
    }
}

/// Returns the text as UTF-8, without the mark of its encoding.
fn decode_text(bytes: &[u8]) -> Result<Cow<'_, [u8]>, ReadError> {
    let marked = is_utf16(bytes).then(|| bytes.starts_with(b"\xff\xfe"));
    if let Some(little) = marked.or_else(|| utf16_without_mark(bytes)) {
        let text = if marked.is_some() { &bytes[2..] } else { bytes };
        let unit = |pair: &[u8]| match *pair {
            [low, high] if little => u16::from_le_bytes([low, high]),
            [high, low] => u16::from_be_bytes([high, low]),
            // Half a character at the end.
            _ => 0xD800,
        };
        let units: Vec<u16> = text.chunks(2).map(unit).collect();
        return match String::from_utf16(&units) {
            Ok(text) => Ok(Cow::Owned(text.into_bytes())),
            Err(_) => Err(ReadError::Csv("its text is not UTF-16, as it says it is".to_owned())),
        };
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Err(error) = std::str::from_utf8(bytes) {
        let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        return Err(ReadError::NotUtf8 { line });
    }
    Ok(Cow::Borrowed(bytes))
}

/// Returns an error where a quote never closes: all the rows behind it would be one cell.
fn closed_quotes(bytes: &[u8], delimiter: u8) -> Result<(), ReadError> {
    let (mut line, mut opened, mut start) = (1_usize, None, true);
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        line += usize::from(byte == b'\n');
        match (opened, byte) {
            // Two quotes in quotes are one that does not close.
            (Some(_), b'"') if rest.next_if_eq(&b'"').is_none() => opened = None,
            (Some(_), _) => {}
            (None, b'"') if start => opened = Some(line),
            (None, _) => {}
        }
        start = opened.is_none() && (byte == delimiter || byte == b'\n' || byte == b'\r');
    }
    match opened {
        Some(line) => {
            Err(ReadError::Csv(format!("the quote that opens in line {line} never closes")))
        }
        None => Ok(()),
    }
}

/// Returns the cells of the first records, as many as `rows`.
fn read_grid(
    name: &str,
    bytes: &[u8],
    delimiter: u8,
    rows: u32,
    budget: &mut Budget,
) -> Result<Grid, ReadError> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(bytes);
    let mut grid = Grid { name: name.to_owned(), ..Grid::default() };
    for (record, row) in reader.records().zip(1..=rows) {
        let record = record.map_err(|error| ReadError::Csv(error.to_string()))?;
        if record.len() > usize::from(MAX_COLUMNS) {
            return Err(ReadError::Csv(format!("record {row} has {} cells", record.len())));
        }
        let cells: Cells = (1..)
            .zip(&record)
            .filter(|(_, text)| !text.is_empty())
            .map(|(column, text)| {
                (column, SourceValue::Text(unescape_cell(text).replace("\r\n", "\n")))
            })
            .collect();
        for value in cells.values() {
            budget.take_cell(value)?;
        }
        if !cells.is_empty() {
            budget.take_row()?;
            grid.rows.insert(row, cells);
        }
    }
    Ok(grid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Field, Layout, SheetRole, cell_text};

    fn read(name: &str, bytes: &[u8]) -> Result<Reading, ReadError> {
        super::read(&[(name, bytes)], &ReadOptions::default())
    }

    fn header(delimiter: &str) -> String {
        let sheet = Layout::find_named("3.0").unwrap().sheet(SheetRole::Open).unwrap();
        let headers: Vec<_> = sheet.columns.iter().map(|it| it.header.as_str()).collect();
        headers.join(delimiter)
    }

    #[test]
    fn a_csv_file_is_known_by_its_headers_and_its_name_tells_the_sheet() {
        for (name, delimiter, role) in [
            ("poam.csv", ",", SheetRole::Open),
            ("Closed POA&M Items.csv", ";", SheetRole::Closed),
            ("poam-configuration-findings.csv", "\t", SheetRole::Configuration),
        ] {
            let head = header(delimiter);
            let text = format!(
                "\u{feff}{head}\r\nV-1{delimiter}AC-2{delimiter}\"a\r\nb \"{delimiter}=1+1\r\n\r\n"
            );
            let reading = read(name, text.as_bytes()).unwrap();
            assert_eq!(reading.layout, "fedramp-rev5-3.0");
            assert_eq!(reading.rows.len(), 1, "{name}");
            let row = &reading.rows[0];
            assert_eq!((row.role, row.row), (role, 2));
            let cell = |field| cell_text(&row.cells[&field].value);
            assert_eq!(cell(Field::PoamId), "V-1");
            assert_eq!(cell(Field::WeaknessName), "a\nb ");
            assert_eq!(cell(Field::WeaknessDescription), "=1+1");
            assert_eq!(row.cells[&Field::WeaknessDescription].address, "D2");
        }
    }

    #[test]
    fn text_of_two_bytes_a_character_is_read() {
        let text = format!("{}\nV-1\tAC-2\tM\u{fc}ller \u{1f600}\n", header("\t"));
        for (mark, order) in [
            ([0xff, 0xfe], u16::to_le_bytes as fn(u16) -> [u8; 2]),
            ([0xfe, 0xff], u16::to_be_bytes),
        ] {
            let mut bytes = mark.to_vec();
            bytes.extend(text.encode_utf16().flat_map(order));
            let reading = crate::read_bytes("x.csv", bytes.clone()).unwrap();
            let cell = &reading.rows[0].cells[&Field::WeaknessName];
            assert_eq!(cell_text(&cell.value), "M\u{fc}ller \u{1f600}");
            bytes.pop();
            assert!(read("x.csv", &bytes).is_err());
        }
    }

    #[test]
    fn the_files_of_a_folder_are_sheets_of_one_document() {
        let open = format!("{}\nV-1,AC-2,a\n", header(","));
        let closed = format!("{}\nV-2;AC-2;b\n", header(";"));
        let files = [("open.csv", open.as_bytes()), ("closed.csv", closed.as_bytes())];
        let reading = crate::read_sheets(&files, &ReadOptions::default()).unwrap();
        let rows: Vec<_> = reading.rows.iter().map(|row| (&*row.sheet, row.role)).collect();
        assert_eq!(rows, [("open", SheetRole::Open), ("closed", SheetRole::Closed)]);
    }

    #[test]
    fn a_quote_that_never_closes_is_named() {
        let head = header(",");
        let text = format!("{head}\nV-1,AC-2,\"a \"\"b\"\"\nc\"\nV-2,x,\"open,\nV-3,x,y\n");
        let error = read("x.csv", text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("opens in line 4"), "{error}");
        let text = format!("{head}\nV-1,5\" pipe,\"a\"\n");
        assert_eq!(read("x.csv", text.as_bytes()).unwrap().rows.len(), 1);
    }

    #[test]
    fn other_encodings_and_other_tables_are_refused() {
        let error = read("x.csv", b"POAM ID\nM\xfcller\n").unwrap_err();
        assert!(matches!(error, ReadError::NotUtf8 { line: 2 }), "{error}");
        let error = read("x.csv", b"ID,Owner,Due\n1,2,3\n").unwrap_err().to_string();
        assert!(
            error.contains("sheet `x`: row 1") && error.contains("ID | Owner | Due"),
            "{error}"
        );
    }
}
