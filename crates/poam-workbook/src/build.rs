//! Builds a workbook from a layout and rows of values.
//!
//! The same layout and content give the same bytes everywhere: nothing comes from the clock, the
//! locale or a hash order.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use chrono::NaiveDate;

use super::address::MAX_ROWS;
use super::content::{Content, HeaderBlock, Row, WorkbookProperties};
use super::field::Field;
use super::guarded::catch_panic;
use super::layout::{Layout, SheetRole};
use super::sheet_writer::{Formats, LongText, SheetWriter};
use super::text::{CONTINUED_HEADERS, CONTINUED_SHEET, clean_text};

/// Default row height and column width of a new sheet, in pixels.
const DEFAULT_PIXELS: (u32, u32) = (20, 64);

/// Reasons why a workbook could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The layout has no sheet for rows that have content.
    #[error("the layout {layout} has no sheet for {role} items, but there are {rows}")]
    NoSheet {
        /// The layout.
        layout: String,
        /// The role that it lacks.
        role: SheetRole,
        /// Number of rows meant for it.
        rows: usize,
    },
    /// A row has a value for which the sheet has no column.
    #[error("the sheet `{sheet}` has no column for {field} (row {row} of the content)")]
    NoColumn {
        /// The sheet.
        sheet: String,
        /// The field.
        field: Field,
        /// The row of the content, from 1.
        row: usize,
    },
    /// More rows than a sheet can hold.
    #[error(
        "the sheet `{sheet}` cannot hold {rows} rows; the limit is {MAX_ROWS} with the headers"
    )]
    TooManyRows {
        /// The sheet.
        sheet: String,
        /// Number of rows.
        rows: usize,
    },
    /// A date that a spreadsheet cannot hold (before 1900 or after 9999).
    #[error("{date} cannot be written as a date into a spreadsheet (1900 to 9999 only)")]
    DateOutOfRange {
        /// The date.
        date: NaiveDate,
    },
    /// A number that is infinite or not a number.
    #[error("{field} is not a finite number")]
    NotFinite {
        /// The field.
        field: Field,
    },
    /// The cells of a sheet wait in a temporary file, and there is no space or folder for it.
    #[error(
        "temporary files cannot be written in {}: {reason}; make room there{}",
        folder.display(),
        if *from_environment { ", or name another folder with TMPDIR" } else { "" }
    )]
    TemporaryFiles {
        /// The folder.
        folder: PathBuf,
        /// The reason of the operating system.
        reason: String,
        /// Whether the environment names the folder.
        from_environment: bool,
    },
    /// The file itself cannot be written.
    #[error(transparent)]
    Output(#[from] io::Error),
    /// The writer refused; the text is its reason.
    #[error("the workbook could not be written: {0}")]
    Writer(String),
}

impl From<XlsxError> for BuildError {
    fn from(error: XlsxError) -> Self {
        match error {
            XlsxError::IoError(error) => Self::Output(error),
            XlsxError::ZipError(zip::result::ZipError::Io(error)) => Self::Output(error),
            XlsxError::TempFileError(folder, error) => {
                // The reason alone: the error itself names a file that never was.
                let inner = error.get_ref().and_then(std::error::Error::source);
                let reason = inner.map_or_else(|| error.to_string(), ToString::to_string);
                Self::temporary_files(&folder, reason)
            }
            error => Self::Writer(error.to_string()),
        }
    }
}

impl BuildError {
    fn temporary_files(folder: &Path, reason: String) -> Self {
        let from_environment = folder == std::env::temp_dir();
        Self::TemporaryFiles { folder: folder.to_owned(), reason, from_environment }
    }

    /// Returns the error of a panic of the writer, which ends so where a temporary file cannot be
    /// written.
    pub(super) fn from_panic(folder: &Path, message: String) -> Self {
        // The message ends with the error of the operating system: `Os { code: 28, …, message: "…" }`.
        let reason = message.split_once("message: \"").and_then(|(_, rest)| rest.split_once('"'));
        match reason {
            Some((reason, _)) => Self::temporary_files(folder, reason.to_owned()),
            None => Self::Writer(message),
        }
    }
}

/// The rows of a sheet, in the order in which they are written.
pub struct Rows<I> {
    /// Number of rows: the ranges of a sheet grow with them.
    pub count: usize,
    /// The rows, made when they are written.
    pub rows: I,
}

/// Builds the workbook: the bytes of an `.xlsx` file.
///
/// Every sheet of the layout is there even without rows. Text that is too long for a cell goes on
/// on an extra sheet, `Continued Text`, from which [`read()`](super::read()) joins it again.
///
/// # Errors
///
/// When rows have no sheet or values no column, when a sheet overflows, when a date or number
/// cannot be held by a spreadsheet, or when temporary files cannot be written.
pub fn build(layout: &Layout, content: &Content) -> Result<Vec<u8>, BuildError> {
    let sheets = content.rows.iter().map(|(role, rows)| {
        (*role, Rows { count: rows.len(), rows: rows.iter().map(Ok::<_, BuildError>) })
    });
    let mut bytes = Vec::new();
    let folder = std::env::temp_dir();
    let (header, of_file) = (&content.header, &content.properties);
    build_to(layout, header, of_file, sheets.collect(), &folder, &mut bytes)?;
    Ok(bytes)
}

/// Writes a workbook of rows that are made one by one: each is dropped once it is written. The
/// sheets are asked for theirs in the order of the layout. Nothing is written to `to` before all of
/// them are known: until then the cells wait in files without a name in the folder `temporary`.
///
/// # Errors
///
/// As [`build`], whatever making a row ends in, and when it cannot be written to `to`.
pub fn build_to<I, R, E>(
    layout: &Layout,
    header: &HeaderBlock,
    of_file: &WorkbookProperties,
    mut sheets: BTreeMap<SheetRole, Rows<I>>,
    temporary: &Path,
    to: impl Write + Send,
) -> Result<(), E>
where
    I: Iterator<Item = Result<R, E>>,
    R: Borrow<Row>,
    E: From<BuildError>,
{
    for (role, Rows { count, .. }) in &sheets {
        if *count > 0 && (*role == SheetRole::Fixed || layout.sheet(*role).is_none()) {
            return Err(E::from(BuildError::NoSheet {
                layout: layout.name.clone(),
                role: *role,
                rows: *count,
            }));
        }
    }
    let formats = Formats::new(layout);
    // The writer panics where it cannot write to its temporary files.
    let failed = |message| E::from(BuildError::from_panic(temporary, message));
    let mut workbook = new_workbook(of_file)?;
    workbook.set_tempdir(temporary).map_err(BuildError::from)?;
    let mut long = Vec::new();
    for sheet in &layout.sheets {
        let rows = sheets.remove(&sheet.role);
        let worksheet = workbook.add_worksheet_with_constant_memory().map_err(BuildError::from)?;
        let mut writer = SheetWriter::new(sheet, worksheet, &formats, &mut long);
        writer.write_frame(rows.as_ref().map_or(0, |rows| rows.count))?;
        catch_panic(|| writer.write_head(header)).map_err(failed)??;
        for (number, row) in (0..).zip(rows.into_iter().flat_map(|rows| rows.rows)) {
            let row = row?;
            catch_panic(|| writer.write_row(number, row.borrow())).map_err(failed)??;
        }
        catch_panic(|| writer.finish()).map_err(failed)??;
    }
    catch_panic(|| finish(workbook, &long, to)).map_err(failed)?.map_err(E::from)
}

pub(super) fn new_workbook(of_file: &WorkbookProperties) -> Result<Workbook, BuildError> {
    let mut workbook = Workbook::new();
    workbook.set_properties(&properties(of_file)?);
    let plain = Format::new().set_font_name("Arial").set_font_size(10);
    workbook.set_default_format(&plain, DEFAULT_PIXELS.0, DEFAULT_PIXELS.1)?;
    Ok(workbook)
}

pub(super) fn finish(
    mut workbook: Workbook,
    long: &[LongText],
    to: impl Write + Send,
) -> Result<(), BuildError> {
    if !long.is_empty() {
        continued_sheet(workbook.add_worksheet_with_constant_memory()?, long)?;
    }
    Ok(workbook.save_to_writer(to)?)
}

fn properties(from: &WorkbookProperties) -> Result<DocProperties, BuildError> {
    let created = ExcelDateTime::from_timestamp(from.created.timestamp())?;
    Ok(DocProperties::new()
        .set_title(clean_text(&from.title))
        .set_subject(clean_text(&from.subject))
        .set_author(clean_text(&from.author))
        .set_company(clean_text(&from.company))
        .set_keywords(clean_text(&from.keywords))
        .set_comment(clean_text(&from.comments))
        .set_creation_datetime(&created))
}

fn continued_sheet(sheet: &mut Worksheet, long: &[LongText]) -> Result<(), BuildError> {
    let rows = 1 + long.iter().map(|text| text.parts.len()).sum::<usize>();
    if rows > MAX_ROWS as usize {
        return Err(BuildError::TooManyRows { sheet: CONTINUED_SHEET.to_owned(), rows });
    }
    let plain = Format::new().set_font_name("Arial").set_font_size(10);
    let head = plain.clone().set_bold();
    let body = plain.set_align(rust_xlsxwriter::FormatAlign::Top);
    sheet.set_name(CONTINUED_SHEET)?;
    sheet.set_column_width(0, 28)?;
    sheet.set_column_width(3, 120)?;
    for (column, header) in (0..).zip(CONTINUED_HEADERS) {
        sheet.write_string_with_format(0, column, header, &head)?;
    }
    let mut row = 1;
    for text in long {
        for (number, part) in (2u32..).zip(&text.parts) {
            sheet.write_string_with_format(row, 0, &text.sheet, &body)?;
            sheet.write_string_with_format(row, 1, &text.cell, &body)?;
            sheet.write_number_with_format(row, 2, number, &body)?;
            sheet.write_string_with_format(row, 3, part, &body)?;
            row += 1;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn one(role: SheetRole, field: Field, value: Value) -> Content {
        let row = Row::from([(field, value)]);
        Content { rows: BTreeMap::from([(role, vec![row])]), ..Content::default() }
    }

    #[test]
    fn what_the_layout_has_no_place_for_is_refused() {
        let old = Layout::find_named("2.1").unwrap();
        let new = Layout::find_named("3.0").unwrap();
        let text = || Value::Text("x".to_owned());
        let error = build(old, &one(SheetRole::Documentation, Field::PoamId, text())).unwrap_err();
        assert!(matches!(error, BuildError::NoSheet { rows: 1, .. }), "{error}");
        let error = build(new, &one(SheetRole::Fixed, Field::PoamId, text())).unwrap_err();
        assert!(matches!(error, BuildError::NoSheet { .. }), "{error}");
        let error =
            build(new, &one(SheetRole::Open, Field::PlannedMilestones, text())).unwrap_err();
        assert!(matches!(error, BuildError::NoColumn { row: 1, .. }), "{error}");
        let number = Value::Number(f64::NAN);
        let error = build(new, &one(SheetRole::Open, Field::SourceIdentifier, number)).unwrap_err();
        assert!(matches!(error, BuildError::NotFinite { .. }), "{error}");
        let date = Value::Date(day(1850, 1, 1));
        let error = build(new, &one(SheetRole::Open, Field::StatusDate, date)).unwrap_err();
        assert!(matches!(error, BuildError::DateOutOfRange { .. }), "{error}");
    }

    #[test]
    fn what_ends_the_making_of_rows_ends_the_build() {
        #[derive(Debug)]
        enum Error {
            Build(BuildError),
            Row(u32),
        }
        impl From<BuildError> for Error {
            fn from(error: BuildError) -> Self {
                Self::Build(error)
            }
        }
        let layout = Layout::find_named("3.0").unwrap();
        let (header, of_file) = (HeaderBlock::default(), WorkbookProperties::default());
        let build = |make: fn(u32) -> Result<Row, Error>| {
            let rows = Rows { count: 3, rows: (1..=3).map(make) };
            let mut bytes = Vec::new();
            let sheets = BTreeMap::from([(SheetRole::Open, rows)]);
            let folder = std::env::temp_dir();
            let built = build_to(layout, &header, &of_file, sheets, &folder, &mut bytes);
            assert_eq!(built.is_err(), bytes.is_empty());
            built.map(|()| bytes)
        };
        let row = |number| Row::from([(Field::PoamId, Value::Text(format!("V-{number}")))]);
        build(|number| Ok(Row::from([(Field::PoamId, Value::Text(format!("V-{number}")))])))
            .unwrap();
        let error =
            build(|number| if number < 2 { Ok(Row::new()) } else { Err(Error::Row(number)) });
        assert!(matches!(error, Err(Error::Row(2))), "{error:?}");
        let unknown = |_| Ok(Row::from([(Field::PlannedMilestones, Value::Text("x".into()))]));
        assert!(matches!(build(unknown), Err(Error::Build(BuildError::NoColumn { row: 1, .. }))));
        let content = Content {
            rows: BTreeMap::from([(SheetRole::Open, (1..=3).map(row).collect())]),
            ..Content::default()
        };
        let held = super::build(layout, &content).unwrap();
        let made =
            build(|number| Ok(Row::from([(Field::PoamId, Value::Text(format!("V-{number}")))])));
        assert!(held == made.unwrap());
    }

    /// The numbers of the rows of each sheet, as they are in the file.
    fn row_numbers(workbook: &[u8]) -> Vec<(String, Vec<u32>)> {
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(workbook)).unwrap();
        let mut sheets = Vec::new();
        for index in 0..archive.len() {
            let mut part = archive.by_index(index).unwrap();
            let name = part.name().unwrap().into_owned();
            if !name.starts_with("xl/worksheets/sheet") {
                continue;
            }
            let mut xml = String::new();
            std::io::Read::read_to_string(&mut part, &mut xml).unwrap();
            let numbers = xml.split("<row r=\"").skip(1);
            let numbers = numbers.map(|rest| rest.split('"').next().unwrap().parse().unwrap());
            sheets.push((name, numbers.collect()));
        }
        sheets
    }

    #[test]
    fn each_row_stands_once_and_in_order() {
        // One line has the height of the template, several lines have a height of their own.
        for text in ["V-1", "several\nlines\nof text"] {
            for (layout, count) in Layout::all_layouts()
                .iter()
                .chain(Layout::federal_layout())
                .flat_map(|layout| [0, 1, 2, 40].map(|count| (layout, count)))
            {
                let mut content = Content::default();
                for sheet in layout.sheets.iter().filter(|sheet| sheet.role != SheetRole::Fixed) {
                    let mut row = Row::new();
                    for column in &sheet.columns {
                        row.insert(column.field, Value::Text(text.to_owned()));
                    }
                    content.rows.insert(sheet.role, vec![row; count]);
                }
                for (sheet, numbers) in row_numbers(&build(layout, &content).unwrap()) {
                    assert!(
                        numbers.windows(2).all(|pair| pair[0] < pair[1]),
                        "{} {sheet}, {count} rows: {numbers:?}",
                        layout.name
                    );
                }
            }
        }
    }

    #[test]
    fn a_folder_for_temporary_files_that_is_missing_or_full_is_named() {
        let layout = Layout::find_named("3.0").unwrap();
        let build_in = |folder: &str| {
            let rows = Rows { count: 1, rows: [Ok::<_, BuildError>(Row::new())].into_iter() };
            let (header, of_file) = (HeaderBlock::default(), WorkbookProperties::default());
            let sheets = BTreeMap::from([(SheetRole::Open, rows)]);
            build_to(layout, &header, &of_file, sheets, Path::new(folder), Vec::new())
        };
        let error = build_in("/missing/folder").unwrap_err().to_string();
        assert!(error.contains("/missing/folder") && error.contains("No such file"), "{error}");
        let panic = "Couldn't write to xml file: Os { code: 28, kind: StorageFull, \
                     message: \"No space left on device\" }";
        let error = BuildError::from_panic(Path::new("/full"), panic.to_owned());
        assert_eq!(
            error.to_string(),
            "temporary files cannot be written in /full: No space left on device; make room there"
        );
        let error = BuildError::from_panic(&std::env::temp_dir(), panic.to_owned());
        assert!(error.to_string().ends_with("or name another folder with TMPDIR"), "{error}");
    }

    #[test]
    fn two_builds_have_the_same_bytes() {
        for layout in Layout::all_layouts() {
            let content = one(SheetRole::Open, Field::PoamId, Value::Text("V-1".to_owned()));
            let first = build(layout, &content).unwrap();
            for _ in 0..3 {
                assert!(first == build(layout, &content).unwrap());
            }
        }
    }
}
