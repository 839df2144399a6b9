//! The cells of a sheet that hold something, by place.

use std::collections::{BTreeMap, BTreeSet};

use super::value::SourceValue;

/// Cells by column, from 1.
pub(super) type Cells = BTreeMap<u16, SourceValue>;

/// One sheet. A map and not a table, because a sheet may claim a cell at the far end of a million
/// rows.
#[derive(Debug, Default)]
pub(super) struct Grid {
    pub(super) name: String,
    /// Cells by row, from 1. Blank text is kept: it tells a row that has a formula.
    pub(super) rows: BTreeMap<u32, Cells>,
    /// Cells, as row and column, with a formula and no stored result.
    pub(super) uncalculated: BTreeSet<(u32, u16)>,
    /// A sheet of the template that never holds items.
    pub(super) fixed: bool,
}

impl Grid {
    /// The text of a cell; blank when it holds none.
    pub(super) fn text(&self, row: u32, column: u16) -> &str {
        match self.rows.get(&row).and_then(|cells| cells.get(&column)) {
            Some(SourceValue::Text(text)) => text.as_str(),
            _ => "",
        }
    }
}
