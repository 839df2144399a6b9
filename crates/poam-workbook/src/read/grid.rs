//! The cells of a sheet that hold something, by place.

use std::collections::{BTreeMap, BTreeSet};

use super::annotations::Annotations;
use super::value::SourceValue;

/// Cells by column, from 1.
pub(super) type Cells = BTreeMap<u16, SourceValue>;

/// One sheet. A map and not a table, because a sheet may claim a cell at the far end of a million
/// rows.
#[derive(Debug, Default)]
pub(super) struct Grid {
    pub(super) name: String,
    /// Cells by row, from 1. Blank text is retained: it shows a row that has a formula.
    pub(super) rows: BTreeMap<u32, Cells>,
    /// Cells, as row and column, with a formula and no stored result.
    pub(super) uncalculated: BTreeSet<(u32, u16)>,
    /// A sheet of the template that never holds items.
    pub(super) fixed: bool,
    /// Merged cells: first and last row, first and last column.
    pub(super) merged: Vec<MergedCells>,
    /// Hidden rows and columns.
    pub(super) hidden: Hidden,
    /// Comments and links of cells.
    pub(super) annotations: Annotations,
    /// Cells, as row and column, whose format shows of a date no day, and whether it shows the month.
    pub(super) undated: BTreeMap<(u32, u16), bool>,
    /// Rows with cells whose words are struck through.
    pub(super) struck: BTreeSet<u32>,
}

/// An area of merged cells. The value is in its first cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MergedCells {
    pub(super) rows: (u32, u32),
    pub(super) columns: (u16, u16),
}

/// Rows and columns that are not shown. They hold values like all others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Hidden {
    pub(super) rows: BTreeSet<u32>,
    /// First and last column of each hidden run.
    pub(super) columns: Vec<(u16, u16)>,
    /// Whether the sheet has a filter, which hides rows too.
    pub(super) filter: bool,
    /// Whether the sheet itself is not shown.
    pub(super) sheet: bool,
}

impl Grid {
    /// Returns the text of a cell; blank when it holds none.
    pub(super) fn cell_text(&self, row: u32, column: u16) -> &str {
        match self.rows.get(&row).and_then(|cells| cells.get(&column)) {
            Some(SourceValue::Text(text)) => text.as_str(),
            _ => "",
        }
    }
}
