//! Events as CSV, for spreadsheets.

use std::sync::Arc;

use serde_json::Value;

use crate::history::{Actor, Event, PrintedEvent};
use crate::workbook::csv_rows;

/// The columns, in order: every field of an event.
const COLUMNS: [&str; 25] = [
    "time",
    "landed",
    "actor_name",
    "actor_email",
    "co_actors",
    "landed_by_name",
    "landed_by_email",
    "commit",
    "path",
    "item",
    "action",
    "field",
    "old",
    "new",
    "milestone",
    "milestone_date",
    "days_moved",
    "reason",
    "evidence_family",
    "practices",
    "signature",
    "source",
    "source_id",
    "reconstructed",
    "day",
];

/// Events with all that is known of them. A cell that a spreadsheet would take for a formula begins
/// with an apostrophe, which spreadsheets do not show.
pub fn events_csv(events: &[&Event]) -> Result<String, std::io::Error> {
    let head = COLUMNS.map(str::to_owned).to_vec();
    csv_rows(std::iter::once(head).chain(events.iter().map(|event| row(event))))
}

fn row(event: &Event) -> Vec<String> {
    let person = |who: &Arc<Actor>| format!("{} <{}>", who.name, who.email);
    let optional = |text: &Option<Arc<str>>| text.as_deref().unwrap_or_default().to_owned();
    let mark = event.milestone;
    let actor = event.actor.as_deref();
    let printed = PrintedEvent::new(event);
    vec![
        event.time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        event.landed.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        actor.map(|actor| actor.name.clone()).unwrap_or_default(),
        actor.map(|actor| actor.email.clone()).unwrap_or_default(),
        event.co_actors.iter().map(person).collect::<Vec<_>>().join("; "),
        event.landed_by.name.clone(),
        event.landed_by.email.clone(),
        event.commit.to_string(),
        event.path.to_string(),
        event.item.as_ref().map(ToString::to_string).unwrap_or_default(),
        event.action.to_string(),
        event.field.to_string(),
        cell(&event.old.value()),
        cell(&event.new.value()),
        mark.map(|mark| mark.number.to_string()).unwrap_or_default(),
        mark.and_then(|mark| mark.date).map(|day| day.to_string()).unwrap_or_default(),
        event.days_moved().map(|days| days.to_string()).unwrap_or_default(),
        optional(&event.reason),
        event.evidence_family.as_str().to_owned(),
        printed.practices.join(" "),
        event.signature.as_str().to_owned(),
        optional(&event.source),
        optional(&event.source_id),
        event.reconstructed.to_string(),
        printed.day,
    ]
}

/// Returns a text as it is, nothing as nothing, anything else as JSON.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
