//! Builds a workbook from a layout and rows of values.
//!
//! The same layout and content give the same bytes everywhere: nothing comes from the clock, the
//! locale or a hash order.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, Formula, Workbook, Worksheet, XlsxError,
};

use super::address::{Address, MAX_ROWS, column_number};
use super::content::{Content, HeaderBlock, Properties, Row, Value};
use super::field::Field;
use super::format::{add_conditional_format, add_validation, format};
use super::layout::{BlockCell, CellLayout, Column, Layout, Orientation, SheetLayout, SheetRole};
use super::text::{CONTINUED_HEADERS, CONTINUED_SHEET, clean, split};

/// Pixels that one character of column width takes with the default font.
const PIXELS_PER_CHARACTER: f64 = 7.0;
/// Default row height and column width of a new sheet, in pixels.
const DEFAULT_PIXELS: (u32, u32) = (20, 64);

/// Why a workbook could not be built.
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
        /// How many rows were meant for it.
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
        /// How many rows there are.
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
    /// The writer refused; the text is its reason.
    #[error("the workbook could not be written: {0}")]
    Writer(String),
}

impl From<XlsxError> for BuildError {
    fn from(error: XlsxError) -> Self {
        Self::Writer(error.to_string())
    }
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
    for (role, rows) in &content.rows {
        if !rows.is_empty() && (*role == SheetRole::Fixed || layout.sheet(*role).is_none()) {
            return Err(BuildError::NoSheet {
                layout: layout.name.clone(),
                role: *role,
                rows: rows.len(),
            });
        }
    }
    let formats = Formats::new(layout);
    let mut workbook = Workbook::new();
    workbook.set_properties(&properties(&content.properties)?);
    let plain = Format::new().set_font_name("Arial").set_font_size(10);
    workbook.set_default_format(&plain, DEFAULT_PIXELS.0, DEFAULT_PIXELS.1)?;

    let mut long = Vec::new();
    for sheet in &layout.sheets {
        let rows = content.rows.get(&sheet.role).map_or(&[][..], Vec::as_slice);
        let worksheet = workbook.add_worksheet_with_constant_memory()?;
        let mut writer = SheetWriter { sheet, worksheet, formats: &formats, long: &mut long };
        writer.frame(rows.len())?;
        writer.head(&content.header)?;
        writer.rows(rows)?;
    }
    if !long.is_empty() {
        continued_sheet(workbook.add_worksheet_with_constant_memory()?, &long)?;
    }
    Ok(workbook.save_to_buffer()?)
}

fn properties(from: &Properties) -> Result<DocProperties, BuildError> {
    let created = ExcelDateTime::from_timestamp(from.created.timestamp())?;
    Ok(DocProperties::new()
        .set_title(clean(&from.title))
        .set_subject(clean(&from.subject))
        .set_author(clean(&from.author))
        .set_company(clean(&from.company))
        .set_keywords(clean(&from.keywords))
        .set_comment(clean(&from.comments))
        .set_creation_datetime(&created))
}

/// The styles of a layout as formats, upright and in italics.
struct Formats {
    upright: Vec<Format>,
    italic: Vec<Format>,
}

impl Formats {
    fn new(layout: &Layout) -> Self {
        let upright: Vec<_> = layout.styles.iter().map(format).collect();
        let italic = upright.iter().map(|format| format.clone().set_italic()).collect();
        Self { upright, italic }
    }
}

/// A text that was too long for its cell.
struct LongText {
    sheet: String,
    cell: String,
    parts: Vec<String>,
}

/// What a row above the data holds, in the order of writing.
enum Above<'a> {
    Fixed(&'a CellLayout),
    Header(&'a Column),
    Text(&'a BlockCell, &'a str),
    Date(&'a BlockCell, NaiveDate),
}

struct SheetWriter<'a> {
    sheet: &'a SheetLayout,
    worksheet: &'a mut Worksheet,
    formats: &'a Formats,
    long: &'a mut Vec<LongText>,
}

impl SheetWriter<'_> {
    /// Everything but the cells.
    fn frame(&mut self, rows: usize) -> Result<(), BuildError> {
        let layout = self.sheet;
        let overflow = || BuildError::TooManyRows { sheet: layout.name.clone(), rows };
        let last_row = u32::try_from(rows)
            .ok()
            .and_then(|rows| layout.first_data_row.checked_add(rows))
            .filter(|next| *next <= MAX_ROWS + 1)
            .ok_or_else(overflow)?
            .saturating_sub(1);

        let sheet = &mut *self.worksheet;
        sheet.set_name(layout.name.as_str())?;
        match layout.orientation {
            Orientation::Portrait => sheet.set_portrait(),
            Orientation::Landscape => sheet.set_landscape(),
        };
        sheet.set_default_row_height(layout.default_row_height);
        for (first, last, width) in &layout.widths {
            sheet.set_column_range_width_pixels(first - 1, last - 1, pixels(*width))?;
        }
        // The format knows a default width, the writer does not: the next columns stand for it.
        let next = layout.widths.iter().map(|width| width.1).max().unwrap_or(0);
        sheet.set_column_range_width_pixels(
            next,
            next + 25,
            pixels(layout.default_column_width),
        )?;
        for (row, height) in &layout.heights {
            sheet.set_row_height(row - 1, *height)?;
        }
        if let Some(freeze) = layout.freeze {
            let (row, column) = freeze.from_zero();
            sheet.set_freeze_panes(row, column)?;
        }
        for validation in &layout.validations {
            add_validation(sheet, validation, layout.last_template_row, last_row)?;
        }
        for format in &layout.conditional_formats {
            add_conditional_format(sheet, format, layout.last_template_row, last_row)?;
        }
        Ok(())
    }

    /// The cells above the data: title, values of the head, headers, guidance.
    fn head(&mut self, header: &HeaderBlock) -> Result<(), BuildError> {
        let layout = self.sheet;
        // Rows have to be written from top to bottom.
        let mut above: BTreeMap<u32, Vec<Above<'_>>> = BTreeMap::new();
        for cell in &layout.cells {
            above.entry(cell.at.first.row).or_default().push(Above::Fixed(cell));
        }
        for column in &layout.columns {
            above.entry(layout.header_row).or_default().push(Above::Header(column));
        }
        if let Some(block) = &layout.block {
            let texts = [
                (&block.provider, &header.provider),
                (&block.offering, &header.offering),
                (&block.impact_level, &header.impact_level),
            ];
            for (cell, text) in texts {
                if let Some(text) = text {
                    above.entry(cell.at.row).or_default().push(Above::Text(cell, text));
                }
            }
            if let Some(date) = header.date {
                above.entry(block.date.at.row).or_default().push(Above::Date(&block.date, date));
            }
        }
        for (row, cells) in &above {
            for merge in layout.merges.iter().filter(|merge| merge.first.row == *row) {
                let ((row, first), (last_row, last)) =
                    (merge.first.from_zero(), merge.last.from_zero());
                self.worksheet.merge_range(row, first, last_row, last, "", &Format::new())?;
            }
            for cell in cells {
                match cell {
                    Above::Fixed(cell) => self.fixed(cell)?,
                    Above::Header(column) => {
                        let format = &self.formats.upright[column.header_style];
                        let at = (row - 1, column_index(column));
                        self.worksheet.write_string_with_format(
                            at.0,
                            at.1,
                            &column.header,
                            format,
                        )?;
                    }
                    Above::Text(cell, text) => self.text(cell.at, text, cell.style, false)?,
                    Above::Date(cell, date) => self.date(cell.at, *date, cell.style)?,
                }
            }
        }
        Ok(())
    }

    fn fixed(&mut self, cell: &CellLayout) -> Result<(), BuildError> {
        let format = &self.formats.upright[cell.style];
        let (row, first) = cell.at.first.from_zero();
        if let Some(text) = &cell.text {
            self.worksheet.write_string_with_format(row, first, text, format)?;
        } else if let Some(number) = cell.number {
            self.worksheet.write_number_with_format(row, first, number, format)?;
        } else if let Some(date) = cell.date {
            self.date(cell.at.first, date, cell.style)?;
        } else {
            for column in first..cell.at.last.column {
                self.worksheet.write_blank(row, column, format)?;
            }
        }
        Ok(())
    }

    fn rows(&mut self, rows: &[Row]) -> Result<(), BuildError> {
        for ((row, number), values) in (self.sheet.first_data_row..).zip(1..).zip(rows) {
            if let Some(field) = values.keys().find(|field| self.sheet.column(**field).is_none()) {
                return Err(BuildError::NoColumn {
                    sheet: self.sheet.name.clone(),
                    field: *field,
                    row: number,
                });
            }
            for column in &self.sheet.columns {
                let at = Address { row, column: column_index(column) + 1 };
                self.value(at, column, values.get(&column.field))?;
            }
        }
        Ok(())
    }

    fn value(
        &mut self,
        at: Address,
        column: &Column,
        value: Option<&Value>,
    ) -> Result<(), BuildError> {
        let (row, index) = at.from_zero();
        let format = &self.formats.upright[column.style];
        match value {
            None => {
                self.worksheet.write_blank(row, index, format)?;
            }
            Some(Value::Text(text)) => self.text(at, text, column.style, false)?,
            Some(Value::Sensitive(text)) => self.text(at, text, column.style, true)?,
            Some(Value::Number(number)) => {
                if !number.is_finite() {
                    return Err(BuildError::NotFinite { field: column.field });
                }
                self.worksheet.write_number_with_format(row, index, *number, format)?;
            }
            Some(Value::Date(date)) => self.date(at, *date, column.style)?,
            Some(Value::Formula { cached }) => {
                let formula = self.sheet.formula.as_ref().filter(|it| it.field == column.field);
                match (formula, cached) {
                    (Some(formula), cached) => {
                        let result = match cached {
                            Some(date) => serial(*date)?.to_string(),
                            None => String::new(),
                        };
                        let text = formula.text.replace("{r}", &at.row.to_string());
                        let formula = Formula::new(text).set_result(result);
                        self.worksheet.write_formula_with_format(row, index, formula, format)?;
                    }
                    (None, Some(date)) => self.date(at, *date, column.style)?,
                    (None, None) => {
                        self.worksheet.write_blank(row, index, format)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn text(
        &mut self,
        at: Address,
        text: &str,
        style: usize,
        italic: bool,
    ) -> Result<(), BuildError> {
        let formats = if italic { &self.formats.italic } else { &self.formats.upright };
        let (row, column) = at.from_zero();
        let text = clean(text);
        if let Some((first, parts)) = split(&text, &self.sheet.name, &at.to_string()) {
            self.worksheet.write_string_with_format(row, column, first, &formats[style])?;
            let (sheet, cell) = (self.sheet.name.clone(), at.to_string());
            self.long.push(LongText { sheet, cell, parts });
        } else if text.is_empty() {
            self.worksheet.write_blank(row, column, &formats[style])?;
        } else {
            self.worksheet.write_string_with_format(row, column, &*text, &formats[style])?;
        }
        Ok(())
    }

    fn date(&mut self, at: Address, date: NaiveDate, style: usize) -> Result<(), BuildError> {
        let (row, column) = at.from_zero();
        let format = &self.formats.upright[style];
        self.worksheet.write_number_with_format(row, column, serial(date)?, format)?;
        Ok(())
    }
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

/// The index, from 0, of a column of a layout.
fn column_index(column: &Column) -> u16 {
    column_number(&column.column).map_or(0, |number| number - 1)
}

fn pixels(width: f64) -> u32 {
    // Widths are a few hundred pixels at most.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let pixels = (width * PIXELS_PER_CHARACTER).round() as u32;
    pixels
}

/// The serial number of a date in the 1900 system. The system counts a 29 February 1900 that never
/// was, so the days before it are off by one.
fn serial(date: NaiveDate) -> Result<i32, BuildError> {
    /// Days from the start of the common era to serial number 0 of the days after February 1900.
    const EPOCH: i32 = 693_594;
    let days = date.num_days_from_ce() - EPOCH;
    match date.year() {
        1900 if days <= 60 => Ok(days - 1),
        1900..=9999 => Ok(days),
        _ => Err(BuildError::DateOutOfRange { date }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn one(role: SheetRole, field: Field, value: Value) -> Content {
        let row = Row::from([(field, value)]);
        Content { rows: BTreeMap::from([(role, vec![row])]), ..Content::default() }
    }

    #[test]
    fn serial_numbers_follow_the_1900_system() {
        for (date, number) in [
            (day(1900, 1, 1), 1),
            (day(1900, 2, 28), 59),
            (day(1900, 3, 1), 61),
            (day(2000, 1, 1), 36_526),
            (day(2026, 2, 1), 46_054),
        ] {
            assert_eq!(serial(date).unwrap(), number, "{date}");
        }
        assert!(serial(day(1899, 12, 31)).is_err());
    }

    #[test]
    fn what_the_layout_has_no_place_for_is_refused() {
        let old = Layout::named("2.1").unwrap();
        let new = Layout::named("3.0").unwrap();
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
    fn two_builds_have_the_same_bytes() {
        for layout in Layout::all() {
            let content = one(SheetRole::Open, Field::PoamId, Value::Text("V-1".to_owned()));
            let first = build(layout, &content).unwrap();
            for _ in 0..3 {
                assert!(first == build(layout, &content).unwrap());
            }
        }
    }
}
