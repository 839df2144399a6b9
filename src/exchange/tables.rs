//! Items and events as plain tables and as one JSON value a line: everything, for other programs.

use serde::Serialize;
use serde_json::Value;

use super::content::in_order;
use crate::history::{History, PrintedEvent};
use crate::model::Item;
use crate::settings::Settings;
use crate::standing::Standing;
use crate::store::{Store, Stored};
use crate::workbook::csv_rows;
use chrono::NaiveDate;

/// Columns derived from the commits and the settings, behind the fields of an item.
const DERIVED: [&str; 18] = [
    "status_date",
    "effective_due",
    "days_open",
    "days_overdue",
    "overdue",
    "times_rescheduled",
    "sheet",
    "path",
    "closed",
    "risk",
    "due_basis",
    "exemption",
    "days_quiet",
    "stale",
    "next_milestone",
    "next_milestone_due",
    "detected",
    "original_risk",
];

/// Returns every item with all its fields and what is derived on a day, as CSV with the names of
/// the fields as headers. A list of words is one word a line, anything nested is JSON. Cells that a
/// spreadsheet would take for formulas begin with an apostrophe.
pub fn items_csv(
    store: &Store,
    settings: &Settings,
    history: &History,
    day: NaiveDate,
) -> Result<String, std::io::Error> {
    let head = Item::FIELDS.iter().copied().map(str::to_owned);
    let head = head.chain(DERIVED.iter().map(|name| format!("derived.{name}"))).collect();
    let rows = in_order(store).into_iter().map(|stored| {
        let item = value_of(&stored.item);
        let standing = value_of(&Standing::compute(stored, settings, Some(history), day));
        let fields = Item::FIELDS.iter().map(|name| match *name {
            // A file that states no kind means the ordinary one.
            "kind" => stored.item.kind.as_str().to_owned(),
            name => cell(item.get(name)),
        });
        fields.chain(DERIVED.iter().map(|name| cell(standing.get(*name)))).collect()
    });
    csv_rows(std::iter::once(head).chain(rows))
}

/// Returns every item as one line of JSON: as in its file, with `derived` behind it.
pub fn items_ndjson(
    store: &Store,
    settings: &Settings,
    history: &History,
    day: NaiveDate,
) -> Result<String, serde_json::Error> {
    let mut out = String::new();
    for stored in in_order(store) {
        let standing = Standing::compute(stored, settings, Some(history), day);
        out.push_str(&serde_json::to_string(&with_derived(stored, &standing)?)?);
        out.push('\n');
    }
    Ok(out)
}

/// Returns an item as in its file, with what is derived.
pub fn with_derived(stored: &Stored, standing: &Standing) -> Result<Value, serde_json::Error> {
    // Not retained with the item, where it would stay for all of a large tracker.
    let mut value = stored.to_value();
    if let Some(map) = value.as_object_mut() {
        map.insert("derived".into(), serde_json::to_value(standing)?);
    }
    Ok(value)
}

/// Returns every event as one line of JSON, oldest first.
pub fn events_ndjson(history: &History) -> Result<String, serde_json::Error> {
    let mut out = String::new();
    for event in &history.events {
        out.push_str(&serde_json::to_string(&PrintedEvent::new(event))?);
        out.push('\n');
    }
    Ok(out)
}

fn value_of(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// Returns a value as the text of a cell.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(list)) => {
            let words: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
            let plain = |words: &Vec<&str>| words.iter().all(|word| !word.contains('\n'));
            match words.filter(plain) {
                Some(words) => words.join("\n"),
                None => Value::Array(list.clone()).to_string(),
            }
        }
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::summary::samples::{day, item, settings};

    #[test]
    fn the_derived_columns_are_all_of_them() {
        let standing = Standing::compute(&item("V-1", ""), &settings(""), None, day("2026-02-01"));
        let value = value_of(&standing);
        let names: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, DERIVED);
    }

    #[test]
    fn cells_hold_words_lines_and_json() {
        for (value, text) in [
            (json!(null), ""),
            (json!("=1+1"), "=1+1"),
            (json!(["a", "b"]), "a\nb"),
            (json!(["a\nb", "c"]), r#"["a\nb","c"]"#),
            (json!({"name": "Jane"}), r#"{"name":"Jane"}"#),
            (json!(3), "3"),
        ] {
            assert_eq!(cell(Some(&value)), text);
        }
    }
}
