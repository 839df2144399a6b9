//! Every cell of every sheet, to compare two workbooks.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{Reader as _, Xlsx, XlsxError};

use super::annotations::Annotations;
use super::budget::Budget;
use super::container;
use super::error::ReadError;
use super::shape;
use super::value::SourceValue;
use super::xlsx;
use crate::guarded::catch_panic;

/// A sheet: its name, and the cells that are not blank by row and column, both from 1.
#[derive(Debug, Default)]
pub(crate) struct RawSheet {
    pub(crate) name: String,
    pub(crate) cells: BTreeMap<(u32, u16), RawCell>,
    pub(crate) annotations: Annotations,
}

/// A cell: what it shows, and its formula.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RawCell {
    pub(crate) value: SourceValue,
    pub(crate) formula: Option<String>,
}

/// Returns the sheets of a workbook in their order.
pub(crate) fn read_raw(bytes: &[u8]) -> Result<Vec<RawSheet>, ReadError> {
    if container::container_kind(bytes)? == container::ContainerKind::Text {
        return Err(ReadError::NotAWorkbook("it is text".to_owned()));
    }
    let bytes = bytes.to_vec();
    // As in reading for import: a file made to break the reader is an error.
    catch_panic(|| read_sheets(bytes)).unwrap_or_else(|_| {
        let reason = "the reader gave up on it".to_owned();
        Err(ReadError::Damaged { sheet: None, reason })
    })
}

fn read_sheets(bytes: Vec<u8>) -> Result<Vec<RawSheet>, ReadError> {
    let mut shapes = shape::find(&bytes);
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes))
        .map_err(|error| ReadError::NotAWorkbook(error.to_string()))?;
    let mut budget = Budget::default();
    let mut sheets = Vec::new();
    for name in workbook.sheet_names() {
        let damaged = |error: XlsxError| ReadError::Damaged {
            sheet: Some(name.clone()),
            reason: error.to_string(),
        };
        let mut cells = BTreeMap::new();
        let mut reader = match workbook.worksheet_cells_reader(&name) {
            Ok(reader) => reader,
            Err(XlsxError::NotAWorksheet(_) | XlsxError::XmlEof(_)) => {
                sheets.push(RawSheet { name, cells, ..RawSheet::default() });
                continue;
            }
            Err(error) => return Err(damaged(error)),
        };
        while let Some(cell) = reader.next_cell_with_formula().map_err(damaged)? {
            budget.look_at_cell()?;
            let value = xlsx::convert_value(&cell.value);
            let formula = cell.formula;
            if value.is_none() && formula.is_none() {
                continue;
            }
            let value = value.unwrap_or_else(|| SourceValue::Text(String::new()));
            budget.take_cell(&value)?;
            budget.take_text(formula.as_ref().map_or(0, String::len))?;
            let column = u16::try_from(cell.pos.1 + 1).unwrap_or(u16::MAX);
            cells.insert((cell.pos.0 + 1, column), RawCell { value, formula });
        }
        let annotations = shapes.remove(&name).map(|shape| shape.annotations).unwrap_or_default();
        sheets.push(RawSheet { name, cells, annotations });
    }
    Ok(sheets)
}
