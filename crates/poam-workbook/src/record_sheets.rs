//! Plain sheets of records: a head, one row for each record, and what a person needs to filter and
//! sort them. They follow no official layout and are not read back.

use std::io::Write;
use std::path::Path;

use chrono::{DateTime, Datelike as _, NaiveDate, Timelike as _, Utc};
use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, Worksheet};

use super::address::{CellAddress, MAX_ROWS};
use super::build::{BuildError, finish, new_workbook};
use super::content::WorkbookProperties;
use super::guarded::catch_panic;
use super::sheet_writer::LongText;
use super::text::{clean_text, split};

/// The fill of the head.
const HEAD_FILL: u32 = 0x00DD_E6F0;

/// Height of the head in points: two lines of text.
const HEAD_HEIGHT: f64 = 27.0;

/// One sheet of records.
pub struct RecordSheet<'a> {
    /// Name of the sheet.
    pub name: &'static str,
    /// The columns, in order.
    pub columns: &'a [RecordColumn],
    /// Number of columns at the left that stay in sight.
    pub frozen: u16,
    /// Number of rows.
    pub count: usize,
    /// The rows, made when they are written; each has a cell for every column.
    pub rows: Box<dyn Iterator<Item = Vec<RecordCell>> + 'a>,
}

/// One column of a sheet of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordColumn {
    /// Name for programs, such as `owner_email`.
    pub name: &'static str,
    /// Title for people.
    pub title: &'static str,
    /// Width in characters.
    pub width: u8,
}

/// One cell of a record.
#[derive(Debug, Clone, PartialEq)]
pub enum RecordCell {
    /// No value.
    Empty,
    /// Text. It stays text even when it looks like a formula, a number or a date.
    Text(String),
    /// A number.
    Number(f64),
    /// A date without a time.
    Date(NaiveDate),
    /// An instant, to the second, in UTC.
    Time(DateTime<Utc>),
}

impl RecordCell {
    /// Returns the cell as CSV has it: dates and times in a form that spreadsheets read as such.
    pub fn to_csv(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Date(date) => date.to_string(),
            Self::Time(time) => time.format("%Y-%m-%d %H:%M:%S").to_string(),
        }
    }
}

impl From<&str> for RecordCell {
    fn from(text: &str) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Text(text.to_owned()) }
    }
}

impl From<String> for RecordCell {
    fn from(text: String) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }
}

impl From<Option<String>> for RecordCell {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Empty, Self::from)
    }
}

impl From<Option<&str>> for RecordCell {
    fn from(text: Option<&str>) -> Self {
        text.map_or(Self::Empty, Self::from)
    }
}

impl From<Option<NaiveDate>> for RecordCell {
    fn from(date: Option<NaiveDate>) -> Self {
        date.map_or(Self::Empty, Self::Date)
    }
}

impl From<Option<i64>> for RecordCell {
    fn from(number: Option<i64>) -> Self {
        number.map_or(Self::Empty, Self::from)
    }
}

impl From<i64> for RecordCell {
    fn from(number: i64) -> Self {
        // Counts and days are far below the numbers that a cell rounds.
        Self::Number(number as f64)
    }
}

impl From<usize> for RecordCell {
    fn from(count: usize) -> Self {
        Self::from(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl From<bool> for RecordCell {
    fn from(is: bool) -> Self {
        Self::Text(if is { "yes" } else { "no" }.to_owned())
    }
}

/// Writes sheets of records as an `.xlsx` file: a frozen head with filters, dates that are dates, no
/// formulas. Cells wait in files without a name in the folder `temporary` until all are known. Text that
/// is too long for a cell goes on on an extra sheet, `Continued Text`.
///
/// # Errors
///
/// When a sheet overflows, or when the file or temporary files cannot be written.
pub fn write_records(
    sheets: Vec<RecordSheet<'_>>,
    of_file: &WorkbookProperties,
    temporary: &Path,
    to: impl Write + Send,
) -> Result<(), BuildError> {
    // The writer panics where it cannot write to its temporary files.
    let failed = |message| BuildError::from_panic(temporary, message);
    let mut workbook = new_workbook(of_file)?;
    workbook.set_tempdir(temporary)?;
    let formats = RecordFormats::new();
    let mut long = Vec::new();
    for sheet in sheets {
        let worksheet = workbook.add_worksheet_with_constant_memory()?;
        catch_panic(|| write_sheet(worksheet, sheet, &formats, &mut long)).map_err(failed)??;
    }
    catch_panic(|| finish(workbook, &long, to)).map_err(failed)?
}

/// Formats of the cells.
struct RecordFormats {
    head: Format,
    text: Format,
    date: Format,
    time: Format,
}

impl RecordFormats {
    fn new() -> Self {
        let text =
            Format::new().set_font_name("Arial").set_font_size(10).set_align(FormatAlign::Top);
        let left = text.clone().set_align(FormatAlign::Left);
        Self {
            head: text.clone().set_bold().set_text_wrap().set_background_color(HEAD_FILL),
            date: left.clone().set_num_format("yyyy-mm-dd"),
            time: left.set_num_format("yyyy-mm-dd hh:mm:ss"),
            text,
        }
    }
}

fn write_sheet(
    worksheet: &mut Worksheet,
    sheet: RecordSheet<'_>,
    formats: &RecordFormats,
    long: &mut Vec<LongText>,
) -> Result<(), BuildError> {
    let too_many = || BuildError::TooManyRows { sheet: sheet.name.to_owned(), rows: sheet.count };
    let last_row = u32::try_from(sheet.count).ok().filter(|row| *row < MAX_ROWS);
    let last_row = last_row.ok_or_else(too_many)?;
    worksheet.set_name(sheet.name)?;
    worksheet.set_landscape();
    worksheet.set_repeat_rows(0, 0)?;
    worksheet.set_freeze_panes(1, sheet.frozen)?;
    if sheet.count > 0 {
        // The writer repeats the last row where that has a height of its own.
        worksheet.set_row_height(0, HEAD_HEIGHT)?;
    }
    for (column, at) in sheet.columns.iter().zip(0u16..) {
        worksheet.set_column_width(at, width(column))?;
        worksheet.write_string_with_format(0, at, column.title, &formats.head)?;
    }
    if let Some(last) = u16::try_from(sheet.columns.len()).ok().and_then(|it| it.checked_sub(1)) {
        worksheet.autofilter(0, 0, last_row, last)?;
    }
    for (cells, row) in sheet.rows.zip(1u32..) {
        for (cell, column) in cells.into_iter().zip(0u16..) {
            write_cell(worksheet, (row, column), cell, formats, |text| {
                let at = CellAddress { row: row + 1, column: column + 1 }.to_string();
                let (first, parts) = split(text, sheet.name, &at)?;
                long.push(LongText { sheet: sheet.name.to_owned(), cell: at, parts });
                Some(first)
            })?;
        }
    }
    Ok(())
}

/// Returns the width of a column: at least that of the longest word of its title, with the arrow of the
/// filter.
fn width(column: &RecordColumn) -> f64 {
    let longest = column.title.split(' ').map(str::len).max().unwrap_or(0);
    let longest = u8::try_from(longest).unwrap_or(u8::MAX).saturating_add(4);
    f64::from(column.width.max(longest))
}

fn write_cell(
    worksheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: RecordCell,
    formats: &RecordFormats,
    shorten: impl FnOnce(&str) -> Option<String>,
) -> Result<(), BuildError> {
    match cell {
        RecordCell::Empty => {}
        RecordCell::Text(text) => {
            let text = clean_text(&text);
            let first = shorten(&text);
            let text = first.as_deref().unwrap_or(&text);
            worksheet.write_string_with_format(row, column, text, &formats.text)?;
        }
        RecordCell::Number(number) => {
            worksheet.write_number_with_format(row, column, number, &formats.text)?;
        }
        // A spreadsheet counts days from 1900 on: an earlier one is written as text.
        RecordCell::Date(date) => match excel_date(date) {
            Some(day) => {
                worksheet.write_datetime_with_format(row, column, &day, &formats.date)?;
            }
            None => {
                let text = date.to_string();
                worksheet.write_string_with_format(row, column, text, &formats.text)?;
            }
        },
        RecordCell::Time(time) => match excel_time(time) {
            Some(moment) => {
                worksheet.write_datetime_with_format(row, column, &moment, &formats.time)?;
            }
            None => {
                let text = RecordCell::Time(time).to_csv();
                worksheet.write_string_with_format(row, column, text, &formats.text)?;
            }
        },
    }
    Ok(())
}

fn excel_date(date: NaiveDate) -> Option<ExcelDateTime> {
    let year = u16::try_from(date.year()).ok()?;
    let (month, day) = (u8::try_from(date.month()).ok()?, u8::try_from(date.day()).ok()?);
    ExcelDateTime::from_ymd(year, month, day).ok()
}

fn excel_time(time: DateTime<Utc>) -> Option<ExcelDateTime> {
    let hour = u16::try_from(time.hour()).ok()?;
    let minute = u8::try_from(time.minute()).ok()?;
    excel_date(time.date_naive())?.and_hms(hour, minute, time.second()).ok()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    const COLUMNS: [RecordColumn; 4] = [
        RecordColumn { name: "id", title: "Id", width: 12 },
        RecordColumn { name: "due", title: "Due", width: 12 },
        RecordColumn { name: "time", title: "Time", width: 20 },
        RecordColumn { name: "days", title: "Days", width: 6 },
    ];

    fn written(rows: Vec<Vec<RecordCell>>) -> Vec<u8> {
        let sheet = RecordSheet {
            name: "Items",
            columns: &COLUMNS,
            frozen: 1,
            count: rows.len(),
            rows: Box::new(rows.into_iter()),
        };
        let mut bytes = Vec::new();
        let folder = std::env::temp_dir();
        write_records(vec![sheet], &WorkbookProperties::default(), &folder, &mut bytes).unwrap();
        bytes
    }

    fn part(bytes: &[u8], name: &str) -> String {
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn dates_are_numbers_and_text_is_never_a_formula() {
        let day: NaiveDate = "2026-11-30".parse().unwrap();
        let time: DateTime<Utc> = "2026-11-30T12:00:00Z".parse().unwrap();
        let early: NaiveDate = "1850-01-01".parse().unwrap();
        let bytes = written(vec![
            vec!["=1+1".into(), RecordCell::Date(day), RecordCell::Time(time), 13_i64.into()],
            vec!["@x".into(), RecordCell::Date(early), RecordCell::Empty, (-2_i64).into()],
        ]);
        let sheet = part(&bytes, "xl/worksheets/sheet1.xml");
        // Day 46356 of the calendar that begins on 1900-01-01 with a 29th of February 1900.
        assert!(sheet.contains("<v>46356</v>") && sheet.contains("<v>46356.5</v>"), "{sheet}");
        assert!(sheet.contains("=1+1") && !sheet.contains("<f>"), "{sheet}");
        assert!(sheet.contains("1850-01-01") && sheet.contains("<v>-2</v>"), "{sheet}");
        assert!(sheet.contains("<autoFilter ref=\"A1:D3\"/>"), "{sheet}");
        assert!(sheet.contains("state=\"frozen\"") && sheet.contains("xSplit=\"1\""), "{sheet}");
    }

    #[test]
    fn a_long_text_goes_on_and_nothing_is_lost() {
        let text = "x".repeat(40_000);
        let row = vec![text.into(), RecordCell::Empty, RecordCell::Empty, RecordCell::Empty];
        let bytes = written(vec![row]);
        let all = ["xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"];
        let count: usize =
            all.iter().map(|name| part(&bytes, name).matches('x').count()).sum::<usize>();
        assert!(count >= 40_000, "{count}");
    }

    #[test]
    fn the_same_records_give_the_same_bytes() {
        let rows = || vec![vec!["a".into(), RecordCell::Empty, RecordCell::Empty, 1_i64.into()]];
        assert_eq!(written(rows()), written(rows()));
        assert!(!written(Vec::new()).is_empty());
    }
}
