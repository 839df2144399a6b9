//! Columns of the team's own: cells → values of the item's file.

use serde_json::{Map, Value};

use super::delta::{Delta, PointerStep};
use crate::exchange::{Imported, own_text};
use crate::model::Item;
use crate::store::Stored;
use crate::workbook::{SourceCell, SourceRow, SourceValue, cell_text};

/// A cell of such a column that was edited.
pub(super) struct EditedCell {
    /// Where it is.
    pub(super) cell: String,
    /// The address of its value, for people.
    pub(super) pointer: String,
    /// Text when the workbook was built.
    pub(super) was: String,
    /// Cell now.
    pub(super) is: Option<SourceCell>,
}

/// The cells of own columns that differ, and both rows without these columns.
pub(super) fn edited_cells(
    own: &[(String, String)],
    base: &SourceRow,
    edited: &SourceRow,
) -> (Vec<EditedCell>, SourceRow, SourceRow) {
    let mut found = Vec::new();
    for (header, pointer) in own {
        let (was, is) = (find_cell(base, header), find_cell(edited, header));
        if compared_text(was) != compared_text(is) {
            found.push(EditedCell {
                cell: is.or(was).map(|cell| cell.address.clone()).unwrap_or_default(),
                pointer: pointer.clone(),
                was: compared_text(was),
                is: is.cloned(),
            });
        }
    }
    (found, without_own(own, base), without_own(own, edited))
}

/// Returns the cell of a row in an own column.
pub(super) fn find_cell<'a>(row: &'a SourceRow, header: &str) -> Option<&'a SourceCell> {
    row.extra.iter().find(|(other, _)| other == header).map(|(_, cell)| cell)
}

/// The text of a cell as it is compared.
pub(super) fn compared_text(cell: Option<&SourceCell>) -> String {
    cell.map(|cell| cell_text(&cell.value).trim_end().to_owned()).unwrap_or_default()
}

fn without_own(own: &[(String, String)], row: &SourceRow) -> SourceRow {
    let mut row = row.clone();
    row.extra.retain(|(header, _)| !own.iter().any(|(other, _)| other == header));
    row
}

impl EditedCell {
    /// The change of the value that is there now; none where a cell cannot state such a value.
    pub(super) fn value_delta(&self, item: &Value) -> Option<Delta> {
        let old = item.pointer(&self.pointer).cloned().unwrap_or_default();
        let new = parse_cell(self.is.as_ref(), &old)?;
        let mut path = Vec::new();
        let mut here = Some(item);
        for step in self.pointer.split('/').skip(1) {
            // The places of a list move, and its members may have no names.
            if here.is_some_and(Value::is_array) {
                return None;
            }
            let key = step.replace("~1", "/").replace("~0", "~");
            here = here.and_then(|here| here.get(&key));
            path.push(PointerStep::Key(key));
        }
        Some(Delta { path, old, new })
    }
}

/// Gives an item that was read from a row the values of own columns: what would else be retained under
/// their headers. What states the same as the item of the tracker states nothing; what no cell can state is
/// retained as it is.
pub(super) fn take_own(
    own: &[(String, String)],
    row: &SourceRow,
    imported: &mut Imported,
    there: Option<&Stored>,
) {
    for (header, pointer) in own {
        let Some(cell) = find_cell(row, header) else { continue };
        let old = there.and_then(|there| there.value().pointer(pointer));
        let same = old.is_some_and(|old| own_text(old) == compared_text(Some(cell)));
        let known = old.cloned().unwrap_or_default();
        let taken = if same { old.cloned() } else { parse_cell(Some(cell), &known) };
        let lines = || parse_cell(Some(cell), &Value::Array(Vec::new()));
        let set = |value: Option<Value>| with_value(&imported.item, pointer, value?);
        match set(taken).or_else(|| set(lines())) {
            Some(item) => imported.item = item,
            None if same => {}
            None => continue,
        }
        imported.item.extra.remove(header);
        imported.kept.retain(|(address, _)| *address != cell.address);
    }
}

/// An item with a value at a pointer; none where the item cannot have it there.
fn with_value(item: &Item, pointer: &str, new: Value) -> Option<Item> {
    let mut value = serde_json::to_value(item).ok()?;
    let mut here = &mut value;
    for step in pointer.split('/').skip(1) {
        let key = step.replace("~1", "/").replace("~0", "~");
        if here.is_null() {
            *here = Value::Object(Map::new());
        }
        here = here.as_object_mut()?.entry(key).or_insert(Value::Null);
    }
    *here = new;
    Item::deserialize_from(&value).ok()
}

/// Parses a cell as a value like its earlier one.
fn parse_cell(cell: Option<&SourceCell>, old: &Value) -> Option<Value> {
    let text = compared_text(cell);
    if text.trim().is_empty() {
        return Some(Value::Null);
    }
    Some(match (old, cell.map(|cell| &cell.value)) {
        (Value::Array(list), _) if list.iter().all(Value::is_string) => {
            text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
        }
        (Value::Array(_) | Value::Object(_), _) => return None,
        (Value::Bool(_), _) => match text.trim().to_lowercase().as_str() {
            "yes" | "true" => Value::Bool(true),
            "no" | "false" => Value::Bool(false),
            _ => return None,
        },
        (Value::Number(_), _) | (Value::Null, Some(SourceValue::Number(_))) => {
            serde_json::from_str::<serde_json::Number>(text.trim()).ok()?.into()
        }
        _ => Value::String(text),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cell_says_a_value_like_the_one_before() {
        let says = |text: &str, old: Value| {
            let value = SourceValue::Text(text.to_owned());
            value_of(value, &old)
        };
        fn value_of(cell: SourceValue, old: &Value) -> Option<Value> {
            super::parse_cell(Some(&SourceCell { address: "A1".to_owned(), value: cell }), old)
        }
        assert_eq!(says("CHG-2", json!("CHG-1")), Some(json!("CHG-2")));
        assert_eq!(says("CHG-2", Value::Null), Some(json!("CHG-2")));
        assert_eq!(says(" ", json!("CHG-1")), Some(Value::Null));
        assert_eq!(says("a\nb\n", json!(["a"])), Some(json!(["a", "b"])));
        assert_eq!(says("No", json!(true)), Some(json!(false)));
        assert_eq!(says("perhaps", json!(true)), None);
        assert_eq!(says("12", json!(3)), Some(json!(12)));
        assert_eq!(says("many", json!(3)), None);
        assert_eq!(value_of(SourceValue::Number(4.0), &Value::Null), Some(json!(4)));
        assert_eq!(says("x", json!({"a": 1})), None);
        assert_eq!(says("x", json!([{"a": 1}])), None);
    }

    #[test]
    fn members_of_lists_are_not_named_by_their_place() {
        let edited = |pointer: &str| EditedCell {
            cell: "A1".to_owned(),
            pointer: pointer.to_owned(),
            was: String::new(),
            is: Some(SourceCell {
                address: "A1".to_owned(),
                value: SourceValue::Text("x".to_owned()),
            }),
        };
        let item = json!({"extra": {"a/b": "y"}, "milestones": [{"description": "z"}]});
        let delta = edited("/extra/a~1b").value_delta(&item).unwrap();
        assert_eq!((delta.describe_place().as_str(), &delta.old), ("/extra/a~1b", &json!("y")));
        assert!(edited("/milestones/0/description").value_delta(&item).is_none());
    }
}
