//! Ids of the tracker for the rows of a form that has none: eMASS's has only the ids that eMASS gave.
//!
//! The workbook that is built again lists items in a known order. Rows that came back are those of it with
//! the same id of eMASS; a row without one is known by its description.

use std::collections::{BTreeMap, VecDeque};

use crate::model::ItemId;
use crate::workbook::{Field, Reading, SourceCell, SourceRow, SourceValue, cell_text};

/// Gives the rows of a workbook that was built here the ids of its items, in their order.
pub fn name_built_rows(reading: &mut Reading, ids: &[ItemId]) {
    for (row, id) in reading.rows.iter_mut().zip(ids) {
        set_id(row, id.as_str());
    }
}

/// Gives the rows of a form that came back the ids of the items whose rows they are. A row that is none of
/// them gets no id of the tracker.
pub fn name_edited_rows(base: &Reading, edited: &mut Reading) {
    let mut by_emass_id: BTreeMap<String, String> = BTreeMap::new();
    let mut by_words: BTreeMap<String, VecDeque<(usize, String)>> = BTreeMap::new();
    for (place, row) in base.rows.iter().enumerate() {
        let id = text(row, Field::PoamId);
        match text(row, Field::EmassId) {
            emass if emass.is_empty() => {
                by_words.entry(words(row)).or_default().push_back((place, id));
            }
            emass => _ = by_emass_id.insert(emass, id),
        }
    }
    let mut unnamed = Vec::new();
    for (place, row) in edited.rows.iter_mut().enumerate() {
        if let Some(id) = by_emass_id.get(&text(row, Field::EmassId)) {
            set_id(row, id);
            continue;
        }
        match by_words.get_mut(&words(row)).and_then(VecDeque::pop_front) {
            Some((_, id)) => set_id(row, &id),
            None => unnamed.push(place),
        }
    }
    // One row whose description was edited, and one item whose row is not there: they belong together.
    let mut left = by_words.into_values().flatten();
    if let ([place], Some((_, id)), None) = (unnamed.as_slice(), left.next(), left.next())
        && let Some(row) = edited.rows.get_mut(*place)
    {
        set_id(row, &id);
    }
}

fn set_id(row: &mut SourceRow, id: &str) {
    let cells = [Field::EmassId, Field::WeaknessName].map(|field| row.cells.get(&field));
    let address = cells.into_iter().flatten().next().map(|cell| cell.address.clone());
    let address = address.unwrap_or_else(|| format!("row {}", row.row));
    let value = SourceValue::Text(id.to_owned());
    row.cells.insert(Field::PoamId, SourceCell { address, value });
}

fn text(row: &SourceRow, field: Field) -> String {
    row.cells.get(&field).map(|cell| cell_text(&cell.value).trim().to_owned()).unwrap_or_default()
}

/// The name and the description of a row.
fn words(row: &SourceRow) -> String {
    [Field::WeaknessName, Field::WeaknessDescription].map(|field| text(row, field)).join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbook::SheetRole;

    fn reading(rows: &[(&str, &str)]) -> Reading {
        let row = |(number, (id, name)): (u32, &(&str, &str))| {
            let cell = |value: &str| SourceCell {
                address: format!("B{number}"),
                value: SourceValue::Text(value.to_owned()),
            };
            let mut cells = BTreeMap::from([(Field::WeaknessName, cell(name))]);
            if !id.is_empty() {
                cells.insert(Field::EmassId, cell(id));
            }
            let (sheet, extra) = ("POA&M".to_owned(), Vec::new());
            let (role, milestones) = (SheetRole::Open, Some(Vec::new()));
            SourceRow { sheet, role, row: number, cells, extra, milestones }
        };
        Reading { rows: (8..).zip(rows).map(row).collect(), ..Reading::default() }
    }

    #[test]
    fn rows_are_known_by_the_id_of_emass_or_their_words() {
        let mut base = reading(&[("7", "TLS"), ("", "Port"), ("", "Port"), ("", "Key")]);
        let ids = ["V-1", "V-2", "V-3", "V-4"].map(|id| id.parse().unwrap());
        name_built_rows(&mut base, &ids);
        let named = |rows: &[(&str, &str)]| {
            let mut edited = reading(rows);
            name_edited_rows(&base, &mut edited);
            let ids = edited.rows.iter().map(|row| text(row, Field::PoamId));
            ids.collect::<Vec<_>>().join(" ")
        };
        // eMASS gave V-4 an id; the words of V-1 and of the second port were edited.
        assert_eq!(
            named(&[("", "Port"), ("9", "Key"), ("7", "TLS 1.0"), ("", "Port 80")]),
            "V-2 V-4 V-1 V-3"
        );
        // Two rows that are known no more could be either.
        assert_eq!(named(&[("7", "TLS"), ("", "A"), ("", "B"), ("", "Key")]), "V-1   V-4");
    }
}
