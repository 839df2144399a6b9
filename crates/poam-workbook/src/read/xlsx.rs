//! Workbooks into grids.

use std::collections::btree_map::Entry;
use std::io::Cursor;

use calamine::{DataRef, Reader as _, SheetVisible, Xlsx, XlsxError, XlsxFormulaMetadata};

use super::annotations::{self, AnnotationKind};
use super::budget::Budget;
use super::error::ReadError;
use super::grid::{Cells, Grid};
use super::recognise::LeastHeaders;
use super::value::SourceValue;
use super::{ReadOptions, Reading, SourceProperties, date, recognise, rows, shape};
use crate::address::{CellAddress, MAX_COLUMNS, MAX_ROWS};
use crate::guarded::catch_panic;
use crate::text::{CONTINUED_HEADERS, CONTINUED_SHEET, Continued};

type Workbook = Xlsx<Cursor<Vec<u8>>>;

pub(super) fn read(bytes: Vec<u8>, options: &ReadOptions) -> Result<Reading, ReadError> {
    // The reader of workbooks indexes and slices what the file shows it to. A file made to break
    // it must be an error here and not the end of the program. Nothing is shared with the closure,
    // so that nothing half done is seen afterwards.
    let grids = catch_panic(|| read_grids(bytes, options)).unwrap_or_else(|_| {
        let reason = "the reader gave up on it".to_owned();
        Err(ReadError::Damaged { sheet: None, reason })
    });
    let WorkbookGrids { grids, from_1904, mut continued, properties } = grids?;
    let mut reading = rows::assemble_grids(grids, from_1904, &mut continued, options)?;
    reading.properties = properties;
    Ok(reading)
}

/// Sheets of a workbook before the search for headers.
struct WorkbookGrids {
    grids: Vec<Grid>,
    from_1904: bool,
    continued: Continued,
    properties: SourceProperties,
}

fn read_grids(bytes: Vec<u8>, options: &ReadOptions) -> Result<WorkbookGrids, ReadError> {
    let mut shapes = shape::find(&bytes);
    let mut workbook: Workbook =
        Xlsx::new(Cursor::new(bytes)).map_err(|e| ReadError::NotAWorkbook(e.to_string()))?;
    let mut budget = Budget::default();
    let mut continued = Continued::default();
    let mut grids = Vec::new();
    let sheets: Vec<(String, bool)> = workbook
        .sheets_metadata()
        .iter()
        .map(|sheet| (sheet.name.clone(), sheet.visible != SheetVisible::Visible))
        .collect();
    for (name, is_hidden) in sheets {
        if recognise::is_fixed_sheet(&name) {
            grids.push(Grid { name, fixed: true, ..Grid::default() });
            continue;
        }
        let mut grid = read_grid(&mut workbook, name, &mut budget, options)?;
        if let Some(shape) = shapes.remove(&grid.name) {
            (grid.hidden, grid.merged) = (shape.hidden, shape.merged);
            grid.annotations.extend(shape.annotations);
            (grid.undated, grid.struck) = (shape.undated, shape.struck);
        }
        grid.hidden.sheet = is_hidden;
        if grid.name == CONTINUED_SHEET && take_parts(&grid, &mut continued) {
            grids.push(Grid { name: grid.name, fixed: true, ..Grid::default() });
        } else {
            grids.push(grid);
        }
    }
    let from_1904 = workbook.has_1904_epoch();
    // A document that does not mention itself, or nonsense, is read all the same.
    let said = workbook.workbook_properties().ok();
    let properties = said.map_or_else(SourceProperties::default, |said| SourceProperties {
        subject: said.subject.filter(|text| !text.trim().is_empty()),
        keywords: said.keywords.filter(|text| !text.trim().is_empty()),
        modified: said.modified.and_then(|text| text.get(..10)?.parse().ok()),
    });
    Ok(WorkbookGrids { grids, from_1904, continued, properties })
}

/// Returns the cells of a sheet. A sheet without a known header in its first rows is not read
/// further.
fn read_grid(
    workbook: &mut Workbook,
    name: String,
    budget: &mut Budget,
    options: &ReadOptions,
) -> Result<Grid, ReadError> {
    let mut grid = Grid { name, ..Grid::default() };
    let mut cells = match workbook.worksheet_cells_reader(&grid.name) {
        Ok(cells) => cells,
        // A sheet of charts or macros, or one without cells.
        Err(XlsxError::NotAWorksheet(_) | XlsxError::XmlEof(_)) => return Ok(grid),
        Err(error) => return Err(damaged_error(&grid.name, &error)),
    };
    let mut known = grid.name == CONTINUED_SHEET;
    while let Some(cell) = cells
        .next_cell_with_formula_metadata()
        .map_err(|error| damaged_error(&grid.name, &error))?
    {
        budget.look_at_cell()?;
        let (row, column) = cell.pos;
        if row >= MAX_ROWS || column >= u32::from(MAX_COLUMNS) {
            let reason = "a cell lies outside the sheet".to_owned();
            return Err(ReadError::Damaged { sheet: Some(grid.name), reason });
        }
        if !known && row >= recognise::ROWS_SEARCHED {
            if recognise::find(&grid, LeastHeaders::Few, options).is_err() {
                break;
            }
            known = true;
        }
        let column = u16::try_from(column + 1).unwrap_or(MAX_COLUMNS);
        if let Some(XlsxFormulaMetadata::Normal { formula }) = &cell.formula
            && let Some(target) = annotations::of_formula(formula)
        {
            let at = CellAddress { row: row + 1, column };
            grid.annotations.insert((at, AnnotationKind::Link), target.to_owned());
        }
        let value = match (convert_value(&cell.value), cell.formula) {
            // `#N/A` and its kin state that there is no value.
            _ if matches!(cell.value, DataRef::Error(_)) => {
                grid.uncalculated.insert((row + 1, column));
                SourceValue::Text(String::new())
            }
            (Some(value), _) => value,
            // A formula without a stored result counts as one with a blank result.
            (None, Some(_)) => {
                grid.uncalculated.insert((row + 1, column));
                SourceValue::Text(String::new())
            }
            (None, None) => continue,
        };
        budget.take_cell(&value)?;
        match grid.rows.entry(row + 1) {
            Entry::Occupied(mut cells) => _ = cells.get_mut().insert(column, value),
            Entry::Vacant(cells) => {
                budget.take_row()?;
                cells.insert(Cells::from([(column, value)]));
            }
        }
    }
    Ok(grid)
}

fn damaged_error(sheet: &str, error: &XlsxError) -> ReadError {
    ReadError::Damaged { sheet: Some(sheet.to_owned()), reason: error.to_string() }
}

pub(super) fn convert_value(data: &DataRef<'_>) -> Option<SourceValue> {
    Some(match data {
        DataRef::Empty => return None,
        DataRef::String(string) | DataRef::DurationIso(string) => text_value(string),
        DataRef::SharedString(string) => text_value(string),
        // Exact up to 2^53, as every number in a workbook.
        #[allow(clippy::cast_precision_loss)]
        DataRef::Int(number) => SourceValue::Number(*number as f64),
        DataRef::Float(number) => SourceValue::Number(*number),
        DataRef::Bool(bool) => SourceValue::Bool(*bool),
        DataRef::DateTime(serial) => {
            // Less than a day is a time of day, and no date.
            let number = serial.as_f64();
            let in_range = serial.is_datetime() && date::from_serial(number).is_some();
            match serial.as_datetime().filter(|_| in_range) {
                Some(datetime) => SourceValue::Date(datetime.date()),
                None => SourceValue::Number(number),
            }
        }
        DataRef::DateTimeIso(string) => {
            let value = text_value(string);
            date::parse_date(&value).map_or(value, SourceValue::Date)
        }
        DataRef::Error(error) => SourceValue::Text(error.to_string()),
    })
}

fn text_value(text: &str) -> SourceValue {
    SourceValue::Text(text.replace("\r\n", "\n"))
}

/// Takes the parts of long texts from the extra sheet. False when it is not that sheet.
fn take_parts(grid: &Grid, continued: &mut Continued) -> bool {
    if !(1..).zip(CONTINUED_HEADERS).all(|(column, header)| grid.cell_text(1, column) == header) {
        return false;
    }
    for (row, cells) in grid.rows.range(2..) {
        if let Some(SourceValue::Number(number)) = cells.get(&3) {
            // A integer that counts parts.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let part = *number as u64;
            continued.add(
                grid.cell_text(*row, 1),
                grid.cell_text(*row, 2),
                part,
                grid.cell_text(*row, 4).to_owned(),
            );
        }
    }
    true
}
