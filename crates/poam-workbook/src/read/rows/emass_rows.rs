//! Rows of eMASS's form, in which each milestone of an item has a row.

use std::collections::BTreeMap;

use super::{SheetReader, address_text};
use crate::field::Field;
use crate::read::value::to_text;
use crate::read::{SourceCell, SourceRow};

type FieldCells = BTreeMap<Field, SourceCell>;

impl SheetReader<'_> {
    /// Takes a row: an item with its first milestone, or another milestone of the item above it. Such a row
    /// states nothing else of the item, or the same again.
    pub(super) fn read_emass_row(
        &mut self,
        row: u32,
        known: FieldCells,
        extra: Vec<(String, SourceCell)>,
        annotated: Vec<(String, SourceCell)>,
    ) {
        let (milestone, item): (FieldCells, FieldCells) =
            known.into_iter().partition(|(field, _)| field.is_of_milestone());
        if milestone.is_empty() && item.is_empty() {
            self.give_back(annotated);
            self.sheet.rows_empty += 1;
            if !extra.is_empty() {
                let cells: Vec<&str> = extra.iter().map(|(_, cell)| &*cell.address).collect();
                let message =
                    format!("only other columns are filled in, left out: {}", cells.join(", "));
                self.add_note(Some(row), message);
            }
            return;
        }
        let of_row = self.uncalculated.range((row, 0)..=(row, u16::MAX));
        self.blank.extend(of_row.map(address_text));
        if self.struck.contains(&row) {
            self.struck_rows.push(row.to_string());
        }
        let above = self.reading.rows.last_mut();
        let above = above.filter(|above| above.sheet == self.sheet.name);
        if let Some(above) = above.filter(|above| is_of(&item, &extra, above)) {
            above.milestones.get_or_insert_default().push(milestone);
            above.extra.extend(annotated);
            self.joined.push(row);
            self.sheet.rows_joined += 1;
            return;
        }
        let mut others = extra;
        others.extend(annotated);
        self.sheet.rows_read += 1;
        self.reading.rows.push(SourceRow {
            sheet: self.sheet.name.clone(),
            role: self.role_of_rows(),
            row,
            cells: item,
            extra: others,
            milestones: Some(Vec::from_iter((!milestone.is_empty()).then_some(milestone))),
        });
    }
}

/// Returns whether a row with these cells of an item is another milestone of the item above it.
fn is_of(item: &FieldCells, extra: &[(String, SourceCell)], above: &SourceRow) -> bool {
    if item.is_empty() {
        return extra.is_empty();
    }
    let same = |one: &SourceCell, other: &SourceCell| to_text(&one.value) == to_text(&other.value);
    let has_id = item.contains_key(&Field::EmassId);
    let stated = |(field, cell): (&Field, &SourceCell)| {
        above.cells.get(field).is_some_and(|there| same(there, cell))
    };
    let kept = |(header, cell): &(String, SourceCell)| {
        above.extra.iter().any(|(other, there)| other == header && same(there, cell))
    };
    has_id && item.iter().all(stated) && extra.iter().all(kept)
}
