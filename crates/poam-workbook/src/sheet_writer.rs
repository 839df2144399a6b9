//! Writes one sheet of a layout, from its frame down to its last row.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use rust_xlsxwriter::{Format, FormatAlign, Formula, Worksheet};

use super::address::{CellAddress, MAX_COLUMNS, MAX_ROWS, column_number};
use super::build::BuildError;
use super::content::{HeaderBlock, Row, Value};
use super::format::{add_conditional_format, add_validation, cell_format};
use super::layout::{
    BlockCell, CellLayout, Column, FormulaLayout, Layout, Orientation, SheetLayout,
};
use super::text::{clean_text, split};

/// Pixels that one character of column width takes with the default font.
const PIXELS_PER_CHARACTER: f64 = 7.0;

/// Height of a line of 10 point text, in points.
const LINE_HEIGHT: f64 = 12.75;

/// Lines that a row of an item shows at most: a long description must not fill the screen.
const MOST_LINES: usize = 12;
/// Limit of lines on a sheet that is laid out for paper, where cut text is lost: a row is never
/// higher.
const MOST_PRINTED: usize = 32;

/// The styles of a layout as formats, upright and in italics.
pub(super) struct Formats {
    upright: Vec<Format>,
    italic: Vec<Format>,
    /// For each style, whether it wraps text.
    wraps: Vec<bool>,
}

impl Formats {
    pub(super) fn new(layout: &Layout) -> Self {
        let upright: Vec<_> = layout.styles.iter().map(cell_format).collect();
        let italic = upright.iter().map(|format| format.clone().set_italic()).collect();
        let wraps = layout.styles.iter().map(|style| style.wrap).collect();
        Self { upright, italic, wraps }
    }
}

/// A text that was too long for its cell.
pub(super) struct LongText {
    pub(super) sheet: String,
    pub(super) cell: String,
    pub(super) parts: Vec<String>,
}

/// Cell in a row above the data, in the order of writing.
enum CellsAbove<'a> {
    Fixed(&'a CellLayout),
    Header(&'a Column),
    Text(&'a BlockCell, &'a str),
    Date(&'a BlockCell, NaiveDate),
}

pub(super) struct SheetWriter<'a> {
    pub(super) sheet: &'a SheetLayout,
    pub(super) worksheet: &'a mut Worksheet,
    pub(super) formats: &'a Formats,
    pub(super) long: &'a mut Vec<LongText>,
    /// The row, from 1, of the last cell that was written.
    current_row: u32,
    /// Whether an item gave that row its height.
    current_is_tall: bool,
}

impl<'a> SheetWriter<'a> {
    pub(super) fn new(
        sheet: &'a SheetLayout,
        worksheet: &'a mut Worksheet,
        formats: &'a Formats,
        long: &'a mut Vec<LongText>,
    ) -> Self {
        Self { sheet, worksheet, formats, long, current_row: 1, current_is_tall: false }
    }

    /// Ends the sheet; nothing is written to it afterwards.
    ///
    /// `rust_xlsxwriter` retains the row of the last cell in memory until the file is saved, and then
    /// writes it twice where it has a height: once with its cells, once empty. So the last row
    /// must be one without a height: a blank cell below.
    pub(super) fn finish(&mut self) -> Result<(), BuildError> {
        let layout = self.sheet;
        self.prepare_rows()?;
        let has_height = self.current_is_tall || layout.heights.contains_key(&self.current_row);
        if !has_height {
            return Ok(());
        }
        let merged = layout.merges.iter().map(|merge| merge.last.row).max().unwrap_or(0);
        let mut row = self.current_row.max(merged) + 1;
        while layout.heights.contains_key(&row) {
            row += 1;
        }
        // A cell that looks like the default is not written.
        let format = Format::new().set_font_name("Arial").set_font_size(10);
        let column = layout.columns.first().map_or(0, column_index);
        self.worksheet.write_blank(row - 1, column, &format.set_align(FormatAlign::Top))?;
        self.current_row = row;
        self.current_is_tall = false;
        Ok(())
    }

    /// Writes the formula below the items, up to the last row that the template prepares: an item that is
    /// typed there gets its date.
    fn prepare_rows(&mut self) -> Result<(), BuildError> {
        let layout = self.sheet;
        let Some(formula) = &layout.formula else { return Ok(()) };
        let Some(column) = layout.column(formula.field) else { return Ok(()) };
        let first = layout.first_data_row.max(self.current_row + 1);
        for row in first..=formula.last_row {
            let at = CellAddress { row, column: column_index(column) + 1 };
            self.write_formula(at, formula, None, column.style)?;
            self.current_row = row;
            self.current_is_tall = false;
        }
        Ok(())
    }

    /// Writes everything but the cells.
    pub(super) fn write_frame(&mut self, rows: usize) -> Result<(), BuildError> {
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
        // A formula without a result shows nothing, and not the day 0.
        sheet.set_formula_result_default("");
        match layout.orientation {
            Orientation::Portrait => sheet.set_portrait(),
            Orientation::Landscape => sheet.set_landscape(),
        };
        if layout.one_page_wide {
            // So wide and as long as it takes.
            sheet.set_print_fit_to_pages(1, 0);
            if layout.header_row > 0 {
                sheet.set_repeat_rows(layout.header_row - 1, layout.header_row - 1)?;
            }
        }
        for (first, last, width) in &layout.widths {
            sheet.set_column_range_width_pixels(first - 1, last - 1, to_pixels(*width))?;
        }
        // The format knows a default width, the writer does not: the next columns represent it.
        let next = layout.widths.iter().map(|width| width.1).max().unwrap_or(0);
        if next + 26 <= MAX_COLUMNS {
            let width = to_pixels(layout.default_column_width);
            sheet.set_column_range_width_pixels(next, next + 25, width)?;
        }
        if let Some(height) = layout.default_row_height {
            sheet.set_default_row_height(height);
        }
        if let Some(zoom) = layout.zoom {
            sheet.set_zoom(zoom);
        }
        for (row, height) in &layout.heights {
            sheet.set_row_height(row - 1, *height)?;
        }
        if let Some(freeze) = layout.freeze {
            let (row, column) = freeze.zero_based();
            sheet.set_freeze_panes(row, column)?;
        }
        if let Some(first) = layout.scrolled_to.filter(|_| rows == 0) {
            let (row, column) = first.zero_based();
            sheet.set_freeze_panes_top_cell(row, column)?;
        }
        if let Some(margin) = layout.header_margin {
            // A negative margin stays as it is.
            sheet.set_margins(-1.0, -1.0, -1.0, -1.0, margin, margin);
        }
        for validation in &layout.validations {
            add_validation(sheet, validation, layout.last_template_row, last_row)?;
        }
        for format in &layout.conditional_formats {
            add_conditional_format(sheet, format, layout.last_template_row, last_row)?;
        }
        Ok(())
    }

    /// Returns the cells above the data: title, values of the head, headers, guidance.
    pub(super) fn write_head(&mut self, header: &HeaderBlock) -> Result<(), BuildError> {
        let layout = self.sheet;
        // Rows have to be written from top to bottom.
        let mut above: BTreeMap<u32, Vec<CellsAbove<'_>>> = BTreeMap::new();
        // In the cells of the head, the template has only placeholders; they are overwritten.
        let places = layout.block.as_ref().map(|block| {
            let usual = [&block.provider, &block.offering, &block.date];
            let places = usual.into_iter().chain(&block.impact_level).map(|it| it.at);
            places.collect::<Vec<CellAddress>>()
        });
        let mut blank = BTreeMap::new();
        for cell in &layout.cells {
            if places.as_ref().is_some_and(|places| places.contains(&cell.at.first)) {
                blank.insert(
                    cell.at.first,
                    CellLayout {
                        text: None,
                        number: None,
                        date: None,
                        formula: false,
                        ..cell.clone()
                    },
                );
            }
        }
        for cell in &layout.cells {
            let cell = blank.get(&cell.at.first).unwrap_or(cell);
            above.entry(cell.at.first.row).or_default().push(CellsAbove::Fixed(cell));
        }
        for column in &layout.columns {
            above.entry(layout.header_row).or_default().push(CellsAbove::Header(column));
        }
        if let Some(block) = &layout.block {
            let texts = [
                (Some(&block.provider), &header.provider),
                (Some(&block.offering), &header.offering),
                (block.impact_level.as_ref(), &header.impact_level),
            ];
            for (cell, text) in texts {
                if let (Some(cell), Some(text)) = (cell, text) {
                    above.entry(cell.at.row).or_default().push(CellsAbove::Text(cell, text));
                }
            }
            if let Some(date) = header.date {
                above
                    .entry(block.date.at.row)
                    .or_default()
                    .push(CellsAbove::Date(&block.date, date));
            }
        }
        for (name, cell) in &layout.head {
            if let Some(text) = header.more.get(name) {
                above.entry(cell.at.row).or_default().push(CellsAbove::Text(cell, text));
            }
        }
        for (row, cells) in &above {
            self.current_row = *row;
            for merge in layout.merges.iter().filter(|merge| merge.first.row == *row) {
                let ((row, first), (last_row, last)) =
                    (merge.first.zero_based(), merge.last.zero_based());
                self.worksheet.merge_range(row, first, last_row, last, "", &Format::new())?;
            }
            for cell in cells {
                match cell {
                    CellsAbove::Fixed(cell) => self.write_fixed(cell)?,
                    CellsAbove::Header(column) => {
                        let format = &self.formats.upright[column.header_style];
                        let at = (row - 1, column_index(column));
                        self.worksheet.write_string_with_format(
                            at.0,
                            at.1,
                            &column.header,
                            format,
                        )?;
                    }
                    CellsAbove::Text(cell, text) => {
                        self.write_text(cell.at, text, cell.style, false)?
                    }
                    CellsAbove::Date(cell, date) => self.write_date(cell.at, *date, cell.style)?,
                }
            }
        }
        Ok(())
    }

    fn write_fixed(&mut self, cell: &CellLayout) -> Result<(), BuildError> {
        let format = &self.formats.upright[cell.style];
        let (row, first) = cell.at.first.zero_based();
        if let Some(text) = &cell.text {
            self.worksheet.write_string_with_format(row, first, text, format)?;
        } else if let Some(number) = cell.number {
            self.worksheet.write_number_with_format(row, first, number, format)?;
        } else if let Some(date) = cell.date {
            match self.sheet.formula.as_ref().filter(|_| cell.formula) {
                Some(formula) => {
                    self.write_formula(cell.at.first, formula, Some(date), cell.style)?;
                }
                None => self.write_date(cell.at.first, date, cell.style)?,
            }
        } else {
            for column in first..cell.at.last.column {
                self.worksheet.write_blank(row, column, format)?;
            }
        }
        Ok(())
    }

    /// Writes the row of an item, and one for each further milestone where these have rows; the first
    /// item has the number 0.
    pub(super) fn write_row(&mut self, number: u32, values: &Row) -> Result<(), BuildError> {
        if let Some(field) = values.keys().find(|field| self.sheet.column(**field).is_none()) {
            return Err(BuildError::NoColumn {
                sheet: self.sheet.name.clone(),
                field: *field,
                row: number as usize + 1,
            });
        }
        for values in unstack(values).iter() {
            self.write_cells(values)?;
        }
        Ok(())
    }

    /// Writes the next row of the sheet.
    fn write_cells(&mut self, values: &Row) -> Result<(), BuildError> {
        let row = self.sheet.first_data_row.max(self.current_row + 1);
        // The number of items was checked when the frame was written, that of their milestones was not.
        if row > MAX_ROWS {
            let (sheet, rows) = (self.sheet.name.clone(), row as usize);
            return Err(BuildError::TooManyRows { sheet, rows });
        }
        // No blank row can follow the last row that a sheet can hold: see `finish`.
        let height = self.row_height(values).filter(|_| row < MAX_ROWS);
        if let Some(height) = height {
            self.worksheet.set_row_height(row - 1, height)?;
        }
        self.current_row = row;
        self.current_is_tall = height.is_some();
        for column in &self.sheet.columns {
            let at = CellAddress { row, column: column_index(column) + 1 };
            self.write_value(at, column, values.get(&column.field))?;
        }
        Ok(())
    }

    /// Returns the height that shows the text of a row, up to a limit; `None` for a row of one
    /// line.
    ///
    /// Not every program fits a row to its text on opening a file, and text that runs over the
    /// next row is worse than a guess: so many characters to a line as the column is wide.
    fn row_height(&self, values: &Row) -> Option<f64> {
        let lines = self.sheet.columns.iter().filter(|column| self.formats.wraps[column.style]);
        let lines = lines.filter_map(|column| match values.get(&column.field)? {
            Value::Text(text) | Value::Sensitive(text) => {
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                let width = (column.width as usize).max(1);
                Some(
                    text.lines()
                        .map(|line| line.chars().count().div_ceil(width).max(1))
                        .sum::<usize>(),
                )
            }
            _ => None,
        });
        let most = if self.sheet.one_page_wide { MOST_PRINTED } else { MOST_LINES };
        let lines = u32::try_from(lines.max().unwrap_or(1).min(most)).unwrap_or(1);
        (lines > 1).then(|| f64::from(lines) * LINE_HEIGHT)
    }

    fn write_value(
        &mut self,
        at: CellAddress,
        column: &Column,
        value: Option<&Value>,
    ) -> Result<(), BuildError> {
        let (row, index) = at.zero_based();
        let format = &self.formats.upright[column.style];
        match value {
            None => {
                self.worksheet.write_blank(row, index, format)?;
            }
            Some(Value::Text(text)) => self.write_text(at, text, column.style, false)?,
            Some(Value::Sensitive(text)) => self.write_text(at, text, column.style, true)?,
            Some(Value::Number(number)) => {
                if !number.is_finite() {
                    return Err(BuildError::NotFinite { field: column.field });
                }
                self.worksheet.write_number_with_format(row, index, *number, format)?;
            }
            Some(Value::Date(date)) => self.write_date(at, *date, column.style)?,
            Some(Value::Stack(values)) => {
                let first = values.first().and_then(Option::as_ref);
                self.write_value(at, column, first)?;
            }
            Some(Value::Formula { cached }) => {
                let formula = self.sheet.formula.as_ref().filter(|it| it.field == column.field);
                match (formula, cached) {
                    (Some(formula), cached) => {
                        self.write_formula(at, formula, *cached, column.style)?
                    }
                    (None, Some(date)) => self.write_date(at, *date, column.style)?,
                    (None, None) => {
                        self.worksheet.write_blank(row, index, format)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn write_formula(
        &mut self,
        at: CellAddress,
        formula: &FormulaLayout,
        cached: Option<NaiveDate>,
        style: usize,
    ) -> Result<(), BuildError> {
        let (row, column) = at.zero_based();
        let result = match cached {
            Some(date) => date_serial(date)?.to_string(),
            None => String::new(),
        };
        let text = formula.text.replace("{r}", &at.row.to_string());
        let formula = Formula::new(text).set_result(result);
        let format = &self.formats.upright[style];
        self.worksheet.write_formula_with_format(row, column, formula, format)?;
        Ok(())
    }

    fn write_text(
        &mut self,
        at: CellAddress,
        text: &str,
        style: usize,
        italic: bool,
    ) -> Result<(), BuildError> {
        let formats = if italic { &self.formats.italic } else { &self.formats.upright };
        let (row, column) = at.zero_based();
        let text = clean_text(text);
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

    fn write_date(
        &mut self,
        at: CellAddress,
        date: NaiveDate,
        style: usize,
    ) -> Result<(), BuildError> {
        let (row, column) = at.zero_based();
        let format = &self.formats.upright[style];
        self.worksheet.write_number_with_format(row, column, date_serial(date)?, format)?;
        Ok(())
    }
}

/// Returns the rows of an item: one, or as many as its highest stack. Values that are no stacks stand in
/// the first.
fn unstack(values: &Row) -> Cow<'_, [Row]> {
    let height = |value: &Value| match value {
        Value::Stack(values) => values.len(),
        _ => 1,
    };
    let stacked = values.values().any(|value| matches!(value, Value::Stack(_)));
    if !stacked {
        return Cow::Borrowed(std::slice::from_ref(values));
    }
    let most = values.values().map(height).max().unwrap_or(1).max(1);
    let mut rows = vec![Row::new(); most];
    for (field, value) in values {
        match value {
            Value::Stack(values) => {
                for (row, value) in rows.iter_mut().zip(values) {
                    if let Some(value) = value {
                        row.insert(*field, value.clone());
                    }
                }
            }
            single => _ = rows[0].insert(*field, single.clone()),
        }
    }
    Cow::Owned(rows)
}

/// Returns the index, from 0, of a column of a layout.
fn column_index(column: &Column) -> u16 {
    column_number(&column.column).map_or(0, |number| number - 1)
}

fn to_pixels(width: f64) -> u32 {
    // Widths are a few hundred pixels at most.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let pixels = (width * PIXELS_PER_CHARACTER).round() as u32;
    pixels
}

/// Returns the serial number of a date in the 1900 system. The system counts a 29 February 1900
/// that never was, so the days before it are off by one.
fn date_serial(date: NaiveDate) -> Result<i32, BuildError> {
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

    #[test]
    fn serial_numbers_follow_the_1900_system() {
        for (date, number) in [
            (day(1900, 1, 1), 1),
            (day(1900, 2, 28), 59),
            (day(1900, 3, 1), 61),
            (day(2000, 1, 1), 36_526),
            (day(2026, 2, 1), 46_054),
        ] {
            assert_eq!(date_serial(date).unwrap(), number, "{date}");
        }
        assert!(date_serial(day(1899, 12, 31)).is_err());
    }
}
