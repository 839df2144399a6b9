//! Id, name, description and requirements of a weakness in one cell, as federal plans of action have
//! them: `V-1: Open port`, a blank line, the description, a blank line, `Requirements: 3.1.1`.

use std::borrow::Cow;

use super::assumed::is_not_closed;
use super::cells::says_nothing;
use super::emass;
use super::notes::{read_sensitive, sensitive};
use crate::model::{CatalogId, Item, ItemId, requirement_ids};
use crate::workbook::{Field, Reading, SourceCell, SourceRow, SourceValue, Value, cell_text};

/// Returns the cell of an item.
pub(super) fn cell(item: &Item) -> Value {
    let mut text = format!("{}: {}", item.id, item.weakness_name);
    if let Some(description) = item.weakness_description.as_ref().filter(|it| !it.is_empty()) {
        text.push_str(&format!("\n\n{description}"));
    }
    let mut requirements: Vec<&str> = Vec::new();
    for (_, id) in requirement_ids(item) {
        if !requirements.contains(&id) {
            requirements.push(id);
        }
    }
    if !requirements.is_empty() {
        text.push_str(&format!("\n\n{REQUIREMENTS}{}", requirements.join(", ")));
    }
    if item.is_sensitive("weakness_name") || item.is_sensitive("weakness_description") {
        Value::Sensitive(sensitive(&text))
    } else {
        Value::Text(text)
    }
}

/// The beginning of the line that names requirements.
const REQUIREMENTS: &str = "Requirements: ";

/// Returns a text without the line at its end that names requirements, and the requirements.
fn without_requirements(text: &str) -> (&str, Option<&str>) {
    let (before, line) = text.rsplit_once('\n').unwrap_or(("", text));
    let Some(ids) = line.strip_prefix(REQUIREMENTS) else { return (text, None) };
    let known = |id: &str| {
        let framework = CatalogId::find(id).and_then(|found| found.framework);
        matches!(framework, Some("cmmc" | "nist-800-171"))
    };
    match ids.split(',').all(|id| known(id.trim())) {
        true => (before.trim_end(), Some(ids)),
        false => (text, None),
    }
}

/// Gives each row whose id, name and description are one cell a cell for each, at its place. A word
/// for an id that is still to be given (`TBD`, `N/A`) is none.
pub fn take_apart(reading: &mut Reading) {
    for row in &mut reading.rows {
        if let Cow::Owned(apart) = apart(row) {
            *row = apart;
        }
        if row.cells.get(&Field::PoamId).is_some_and(|cell| is_no_id(&cell_text(&cell.value))) {
            row.cells.remove(&Field::PoamId);
        }
    }
}

fn is_no_id(text: &str) -> bool {
    /// Words for what is not known yet.
    const LATER: [&str; 6] = ["tbd", "tba", "new", "pending", "unknown", "?"];
    says_nothing(text) || LATER.contains(&text.trim().to_lowercase().as_str())
}

/// Returns a row with a cell for each of the three.
pub(super) fn apart(row: &SourceRow) -> Cow<'_, SourceRow> {
    if row.milestones.is_some() {
        return emass::apart(row);
    }
    let Some(cell) = row.cells.get(&Field::Weakness) else { return Cow::Borrowed(row) };
    let text = cell_text(&cell.value);
    let (text, marked) = read_sensitive(&text);
    let (text, requirements) = without_requirements(text);
    let (first, description) = match text.split_once("\n\n") {
        Some((first, description)) => (first, Some(description)),
        None => match text.split_once('\n') {
            Some((first, description)) => (first, Some(description)),
            None => (text, None),
        },
    };
    let (id, name) = match first.split_once(": ").filter(|(id, _)| is_id(id)) {
        Some((id, name)) => (Some(id), name),
        None => (None, first),
    };
    let mut apart = row.clone();
    apart.cells.remove(&Field::Weakness);
    // The federal columns have one word for all items that are not closed, which says no more.
    if let Some(status) = apart.cells.get_mut(&Field::Status)
        && is_not_closed(&cell_text(&status.value))
    {
        status.value = SourceValue::Text("Active".to_owned());
    }
    let mut put = |field: Field, text: Option<&str>, marked: bool| {
        let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return };
        let text = if marked { sensitive(text) } else { text.to_owned() };
        let cell = SourceCell { address: cell.address.clone(), value: SourceValue::Text(text) };
        apart.cells.entry(field).or_insert(cell);
    };
    // The mark does not say of which of the two it is.
    put(Field::PoamId, id, false);
    put(Field::WeaknessName, Some(name), marked && description.is_none());
    put(Field::WeaknessDescription, description, marked);
    put(Field::Controls, requirements, false);
    Cow::Owned(apart)
}

/// Returns whether words before a colon are an id: a word with a digit in it.
fn is_id(text: &str) -> bool {
    let number = text.contains(|c: char| c.is_ascii_digit());
    number && !text.contains(char::is_whitespace) && text.parse::<ItemId>().is_ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::workbook::SheetRole;

    #[test]
    fn one_cell_is_three() {
        for (text, expected) in [
            ("V-1: Open port", ["V-1", "Open port", ""]),
            (
                "V-1: Open port\n\nA port is: open.\n\nTwice.",
                ["V-1", "Open port", "A port is: open.\n\nTwice."],
            ),
            ("Open port\nThat is all", ["", "Open port", "That is all"]),
            ("Open port 80: closed soon", ["", "Open port 80: closed soon", ""]),
            ("Note: no id", ["", "Note: no id", ""]),
            ("V-1: Key\n\nWhere it is\n(SENSITIVE)", ["V-1", "Key", "Where it is\n(SENSITIVE)"]),
            ("V-1: Key\n(SENSITIVE)", ["V-1", "Key\n(SENSITIVE)", ""]),
            ("V-1: Key\n\nRequirements: 3.5.3", ["V-1", "Key", ""]),
            ("V-1: Key\n\nA b.\n\nRequirements: 3.5.3, AC.L2-3.1.1", ["V-1", "Key", "A b."]),
            ("V-1: Key\n\nRequirements: none", ["V-1", "Key", "Requirements: none"]),
        ] {
            let value = SourceValue::Text(text.to_owned());
            let cell = SourceCell { address: "A6".to_owned(), value };
            let row = SourceRow {
                sheet: "Plan".to_owned(),
                role: SheetRole::Open,
                row: 6,
                cells: BTreeMap::from([(Field::Weakness, cell)]),
                extra: Vec::new(),
                milestones: None,
            };
            let apart = apart(&row);
            let of = |field| apart.cells.get(&field).map(|cell| cell_text(&cell.value));
            let fields = [Field::PoamId, Field::WeaknessName, Field::WeaknessDescription];
            assert_eq!(fields.map(|field| of(field).unwrap_or_default()), expected, "{text}");
            assert!(apart.cells.values().all(|cell| cell.address == "A6"));
        }
    }
}
