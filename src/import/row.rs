//! Names of rows, and values that count where a row is blank.

use std::borrow::Cow;

use crate::exchange::Assumed;
use crate::model::{Item, ItemId};
use crate::workbook::{Field, SourceCell, SourceRow, SourceValue, cell_text};

/// Copies a row with an id that no item has, for rows without one.
pub(super) fn with_id(row: &SourceRow) -> SourceRow {
    let mut row = row.clone();
    let value = SourceValue::Text(format!("row {} of {}", row.row, row.sheet));
    let address = format!("row {}", row.row);
    row.cells.insert(Field::PoamId, SourceCell { address, value });
    row
}

/// Completes the assumptions for a row that leaves out what every item has: from the item that it
/// matches, else from the user. A blank cell is no statement.
pub(super) fn complete_assumed<'a>(
    row: &SourceRow,
    there: impl Fn(&ItemId) -> Option<&'a Item>,
    assumed: &'a Assumed,
) -> Cow<'a, Assumed> {
    let text = |field: Field| row.cells.get(&field).map(|cell| cell_text(&cell.value));
    let blank = |field: Field| text(field).is_none_or(|text| text.trim().is_empty());
    if !blank(Field::OriginalDetectionDate) && !blank(Field::OriginalRiskRating) {
        return Cow::Borrowed(assumed);
    }
    match id_of(row).and_then(|id| there(&id)) {
        Some(item) => Cow::Owned(Assumed {
            detected: Some(item.original_detection_date),
            rating: Some(item.original_risk_rating),
            ..assumed.clone()
        }),
        None => Cow::Borrowed(assumed),
    }
}

/// The id that a row states, where it can be one.
pub(super) fn id_of(row: &SourceRow) -> Option<ItemId> {
    cell_text(&row.cells.get(&Field::PoamId)?.value).trim().parse().ok()
}

/// Names a row in a commit.
pub(super) fn place_of(row: &SourceRow) -> String {
    format!("{}!{}", row.sheet, row.row)
}

pub(super) fn first_cell(row: &SourceRow) -> String {
    let id = row.cells.get(&Field::PoamId).or(row.cells.values().next());
    id.map_or_else(|| format!("row {}", row.row), |cell| cell.address.clone())
}
