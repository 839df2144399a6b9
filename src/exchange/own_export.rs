//! Rows of `poam export csv` as items: the columns have the names of the fields of an item's file, and
//! nested values are JSON.

use serde_json::{Map, Value};

use super::statements::MilestoneStatements;
use super::to_item::{Imported, Refused, can_be_committed};
use crate::model::{Item, Status};
use crate::workbook::{SourceCell, SourceRow, cell_text, is_export_row, parse_date};
use chrono::NaiveDate;

/// Fields that are lists of words, one a line.
const LISTS: [&str; 7] =
    ["controls", "partly_met", "cves", "assets", "services", "dependencies", "sensitive"];
/// Fields that are one text, one date or one word.
const TEXTS: [&str; 17] = [
    "id",
    "kind",
    "weakness_name",
    "weakness_description",
    "detector_source",
    "source_identifier",
    "original_finding",
    "resources_required",
    "remediation_plan",
    "original_detection_date",
    "scheduled_completion_date",
    "original_risk_rating",
    "status",
    "successor_of",
    "change_ticket",
    "completion_date",
    "comments",
];
/// Prefix of the names of columns that are derived, and so are no data of their own.
const DERIVED: &str = "derived.";

/// Returns the item of a row of our own export; `None` where the row is none.
pub(super) fn item(row: &SourceRow, today: NaiveDate) -> Option<Result<Imported, Refused>> {
    is_export_row(row).then(|| read(row, today))
}

fn read(row: &SourceRow, today: NaiveDate) -> Result<Imported, Refused> {
    let refuse = |cell: &SourceCell, reason: String| Refused {
        sheet: row.sheet.clone(),
        cell: cell.address.clone(),
        reason,
    };
    let mut item = Map::new();
    let mut kept = Vec::new();
    let mut extra = Map::new();
    let mut status_date = None;
    for (header, cell) in &row.extra {
        let text = cell_text(&cell.value);
        if text.is_empty() {
            continue;
        }
        if header == "derived.status_date" {
            status_date = parse_date(&cell.value).ok();
        }
        if header.starts_with(DERIVED) {
            continue;
        }
        if !Item::FIELDS.contains(&header.as_str()) {
            let reason = format!("column `{header}` is none of an item");
            kept.push((cell.address.clone(), reason));
            extra.insert(header.clone(), text.into());
            continue;
        }
        let value = value(header, text)
            .map_err(|error| refuse(cell, format!("`{header}` is not in JSON: {error}")))?;
        item.insert(header.clone(), value);
    }
    if !extra.is_empty() {
        let there = item.entry("extra").or_insert_with(|| Value::Object(Map::new()));
        if let Some(there) = there.as_object_mut() {
            for (key, value) in extra {
                there.entry(key).or_insert(value);
            }
        }
    }
    let item = Item::deserialize_from(&Value::Object(item)).map_err(|error| Refused {
        sheet: row.sheet.clone(),
        cell: format!("row {}", row.row),
        reason: format!("the row is no item: {error}"),
    })?;
    let open = item.status != Status::CLOSED;
    let status_date = status_date.filter(|day| open && can_be_committed(*day, today));
    let milestones = MilestoneStatements::of_milestones(&item.milestones);
    Ok(Imported { item, status_date, kept, told: None, denied: Vec::new(), milestones })
}

/// Returns the value of a cell, as the export writes it.
fn value(field: &str, text: String) -> Result<Value, serde_json::Error> {
    if LISTS.contains(&field) {
        return Ok(match serde_json::from_str::<Vec<String>>(&text) {
            Ok(words) => words.into(),
            Err(_) => text.lines().map(str::to_owned).collect::<Vec<_>>().into(),
        });
    }
    if TEXTS.contains(&field) {
        return Ok(text.into());
    }
    serde_json::from_str(&text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{Assumed, items_csv};
    use crate::history::History;
    use crate::summary::samples::{day, settings, store};
    use crate::workbook::read_bytes;

    #[test]
    fn every_field_is_read_back() {
        let fields = "kind: configuration\nweakness_description: |\n  a, \"b\"\n  c\ncontrols: [AC-2, SI-2]\nmappings: {cmmc: [SI.L2-3.14.1]}\ncves: [CVE-2026-1]\nkev: {listed: true, due: 2026-02-04}\nassets: [\"web (80/tcp)\", \"a, b\"]\npoint_of_contact: {name: Jane Doe, email: jane@example.com}\nremediation_plan: =SUM(1)\nmilestones: [{id: 1, description: Patch, due: 2026-01-20, status: completed, completed: 2026-01-19, evidence: [CHG-1]}]\ndeviations: [{type: false-positive, state: pending, rationale: r}]\nevidence: [{type: scan, reference: x}]\nreviews: [{date: 2026-01-07, by: Sam}]\nextra: {ticket: 7, more: [a]}\n";
        let store =
            store(&[("V-1", fields), ("V-2", "status: closed\ncompletion_date: 2026-01-20\n")]);
        let text =
            items_csv(&store, &settings(""), &History::default(), day("2026-02-01")).unwrap();
        let reading = read_bytes("items.csv", text.into_bytes()).unwrap();
        let read: Vec<Item> = reading
            .rows
            .iter()
            .map(|row| {
                super::super::item(row, &Assumed::default(), day("2026-02-01")).unwrap().item
            })
            .collect();
        let there: Vec<Item> = store.items().iter().map(|stored| stored.item.clone()).collect();
        assert_eq!(read, there);
    }
}
