//! Classification of rows: an item, a row of the template itself, or empty.
//!
//! The row number states nothing: real workbooks have items typed over the template's label rows,
//! and items right below the headers. So the content decides. The cells that name an item (id,
//! name, description) weigh most: an item has texts of its own there, a row of the template has
//! the template's.

use std::collections::BTreeMap;

use super::SourceCell;
use super::value::{SourceValue, to_text};
use crate::field::Field;
use crate::template_text::{is_template, is_word, normalize_text};

/// The cells that name an item.
const NAMING: [Field; 3] = [Field::PoamId, Field::WeaknessName, Field::WeaknessDescription];
/// From how many texts of the template on a row counts as one that was typed over.
const LEFT_OVER: usize = 3;
/// Shorter texts of the examples (`Yes`, `Low`) may as well be values.
const DISTINCT: usize = 10;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum RowKind {
    /// An item. The named cells still hold the template's text and are empty in truth.
    Item { left_over: Vec<Field> },
    /// A row of the template. The named cells hold something else, which is stated.
    Template { foreign: Vec<Field> },
    /// Nothing, or nothing but the computed date.
    Empty,
}

/// Classifies a row by its cells that are not blank and the label in front of them, if any.
pub(super) fn classify_row(cells: &BTreeMap<Field, SourceCell>, label: Option<&str>) -> RowKind {
    let label = label.map(normalize_text);
    if cells.keys().all(|field| *field == Field::ScheduledCompletionDate) {
        let foreign = Vec::new();
        return if label.is_some() { RowKind::Template { foreign } } else { RowKind::Empty };
    }
    let own = |field: Field| {
        cells.get(&field).is_some_and(
            |it| matches!(&it.value, SourceValue::Text(text) if is_template(field, text)),
        )
    };
    let template = cells.keys().filter(|field| own(**field)).count();
    let naming = NAMING.iter().filter(|field| cells.contains_key(field)).count();
    let naming_own = NAMING.iter().filter(|field| own(**field)).count();
    let naming_real = naming - naming_own;
    let foreign = || {
        let text = |field: &&Field| matches!(cells[*field].value, SourceValue::Text(_));
        cells.keys().filter(text).filter(|field| !own(**field)).copied().collect::<Vec<_>>()
    };

    let is_template_row = match naming_real {
        0 => (naming_own > 0 || label.is_some()) && template * 2 >= cells.len(),
        // One cell of an example row was edited. With fewer texts left it would be an item.
        1 => naming_own == 2 && template * 5 >= cells.len() * 4,
        // Another version's wording: nothing is known but the label, and it is not the row in
        // which every cell has the same two words.
        _ => template == 0 && matches!(label.as_deref(), Some("guidance" | "examples")),
    };
    if is_template_row {
        return RowKind::Template { foreign: foreign() };
    }

    let words = cells.values().filter(|it| is_word(&to_text(&it.value))).count();
    // A text that a scanner shares with an example is the item's own; only in a row that is mostly the
    // template's it was left over.
    let typed_over = label.is_some() || words >= LEFT_OVER || template * 2 > cells.len();
    let left_over = cells
        .iter()
        .filter(|(field, cell)| {
            let text = to_text(&cell.value);
            typed_over && own(**field) && (is_word(&text) || text.trim().len() >= DISTINCT)
        })
        .map(|(field, _)| *field)
        .collect();
    RowKind::Item { left_over }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[(Field, &str)]) -> BTreeMap<Field, SourceCell> {
        let cell = |text: &str| SourceCell {
            address: String::new(),
            value: SourceValue::Text(text.to_owned()),
        };
        cells.iter().map(|(field, text)| (*field, cell(text))).collect()
    }

    fn every(text: &'static str) -> Vec<(Field, &'static str)> {
        Field::ALL.iter().map(|field| (*field, text)).collect()
    }

    #[test]
    fn items_anywhere() {
        let item = |cells: &[(Field, &str)], label| {
            assert_eq!(classify_row(&row(cells), label), RowKind::Item { left_over: vec![] });
        };
        item(&[(Field::PoamId, "V-1")], None);
        item(&[(Field::WeaknessName, "no id yet")], None);
        item(&[(Field::Comments, "neither id nor name")], None);
        item(&[(Field::PoamId, "V-1"), (Field::Comments, "Mandatory")], None);
        item(
            &[(Field::PoamId, "V-1"), (Field::WeaknessName, "x"), (Field::Comments, "none")],
            None,
        );
    }

    #[test]
    fn an_item_typed_over_the_label_row() {
        let mut cells = row(&every("Mandatory\n"));
        cells.extend(row(&[
            (Field::PoamId, "MSS-1"),
            (Field::WeaknessName, "A name"),
            (Field::OriginalRiskRating, "Low"),
        ]));
        let RowKind::Item { left_over } = classify_row(&cells, Some("Mandatory or Situational"))
        else {
            panic!("an item");
        };
        assert_eq!(left_over.len(), Field::ALL.len() - 3);
        assert!(!left_over.contains(&Field::PoamId));
        // Without its label too.
        assert!(
            matches!(classify_row(&cells, None), RowKind::Item { left_over } if left_over.len() == Field::ALL.len() - 3)
        );
    }

    #[test]
    fn rows_of_the_template() {
        let labelled = classify_row(&row(&every("Situational")), Some("Mandatory or Situational"));
        assert_eq!(labelled, RowKind::Template { foreign: vec![] });
        assert_eq!(
            classify_row(&row(&[]), Some("Guidance")),
            RowKind::Template { foreign: vec![] }
        );
        let hint = row(&[(Field::PoamId, "Unique Identifier"), (Field::WeaknessName, "Text")]);
        assert_eq!(classify_row(&hint, None), RowKind::Template { foreign: vec![] });
        let repeated = row(&[(Field::PoamId, "POAM ID"), (Field::WeaknessName, "Weakness Name")]);
        assert_eq!(classify_row(&repeated, None), RowKind::Template { foreign: vec![] });
    }

    #[test]
    fn an_edited_row_of_the_template_is_said() {
        let mut cells = row(&every("Mandatory"));
        cells.extend(row(&[(Field::PoamId, "ours")]));
        let expected = RowKind::Template { foreign: vec![Field::PoamId] };
        assert_eq!(classify_row(&cells, Some("Mandatory or Situational")), expected);
        let reworded = row(&[(Field::PoamId, "New words"), (Field::WeaknessName, "New words")]);
        let RowKind::Template { foreign } = classify_row(&reworded, Some("Guidance")) else {
            panic!("a row of the template");
        };
        assert_eq!(foreign.len(), 2);
    }

    #[test]
    fn a_text_that_equals_an_example_is_the_items_own() {
        let example = crate::Layout::find_named("3.0").unwrap();
        let sheet = example.sheet(crate::SheetRole::Open).unwrap();
        let of = |field: Field| {
            let column = sheet.columns.iter().find(|column| column.field == field).unwrap();
            let texts = sheet.cells.iter().filter(|cell| {
                crate::address::column_letters(cell.at.first.column) == column.column
            });
            let longest = texts.filter_map(|cell| cell.text.clone()).max_by_key(String::len);
            longest.filter(|text| is_template(field, text)).unwrap()
        };
        let (name, text) = (of(Field::WeaknessName), of(Field::WeaknessDescription));
        let real = |more: &[(Field, &str)]| {
            let mut cells = row(&[
                (Field::PoamId, "V-7"),
                (Field::DetectorSource, "Nessus"),
                (Field::SourceIdentifier, "90512"),
                (Field::AssetIdentifier, "mail-01"),
                (Field::PointOfContact, "Ana Ruiz"),
            ]);
            cells.extend(row(more));
            classify_row(&cells, None)
        };
        let item = RowKind::Item { left_over: vec![] };
        assert_eq!(real(&[(Field::WeaknessDescription, &text)]), item);
        assert_eq!(
            real(&[(Field::WeaknessName, &name), (Field::WeaknessDescription, &text)]),
            item
        );
    }

    #[test]
    fn rows_with_only_the_computed_date_are_empty() {
        assert_eq!(classify_row(&row(&[]), None), RowKind::Empty);
        let formula = row(&[(Field::ScheduledCompletionDate, "1900-06-28")]);
        assert_eq!(classify_row(&formula, None), RowKind::Empty);
    }
}
