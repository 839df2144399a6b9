//! One record for each event of the audit log.

use super::{RecordTable, column};
use crate::history::{Event, EventDescription, PrintedEvent};
use crate::workbook::{RecordCell, RecordColumn};

const COLUMNS: [RecordColumn; 19] = [
    column("time", "Time (UTC)", 19),
    column("day", "Day", 11),
    column("item", "Item", 16),
    column("action", "Action", 20),
    column("change", "Change", 70),
    column("reason", "Reason", 50),
    column("actor", "Actor", 20),
    column("actor_email", "Actor email", 28),
    column("co_actors", "Co-actors", 20),
    column("landed_by", "Landed by", 20),
    column("landed", "Landed (UTC)", 19),
    column("milestone", "Milestone", 9),
    column("days_moved", "Days moved", 9),
    column("evidence_family", "Evidence family", 9),
    column("practices", "Practices", 24),
    column("signature", "Signature", 11),
    column("source", "Source document", 24),
    column("commit", "Commit", 14),
    column("path", "File", 36),
];

/// Characters of a value in a description; longer ones are cut, as the other exports hold them whole.
const WIDEST: usize = 400;

/// Returns a record for each event, in their order.
pub fn event_records(events: &[&Event]) -> RecordTable {
    RecordTable::new("Log", &COLUMNS, events.iter().map(|event| row(event)).collect())
}

fn row(event: &Event) -> Vec<RecordCell> {
    let actor = event.actor.as_deref();
    let printed = PrintedEvent::new(event);
    let others: Vec<&str> = event.co_actors.iter().map(|other| other.name.as_str()).collect();
    vec![
        RecordCell::Time(event.time),
        event.known_day().into(),
        event.item.as_ref().map(|id| id.as_str()).into(),
        event.action.as_str().into(),
        EventDescription::from(event).describe_event(WIDEST).into(),
        event.reason.as_deref().into(),
        actor.map(|actor| actor.name.as_str()).into(),
        actor.map(|actor| actor.email.as_str()).into(),
        others.join(", ").into(),
        event.landed_by.name.as_str().into(),
        RecordCell::Time(event.landed),
        event.milestone.map(|mark| i64::from(mark.number)).into(),
        event.days_moved().into(),
        event.evidence_family.as_str().into(),
        printed.practices.join(", ").into(),
        event.signature.as_str().into(),
        event.source.as_deref().into(),
        event.commit.get(..12).unwrap_or(&event.commit).into(),
        event.path.as_ref().into(),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::records_csv;
    use super::*;
    use crate::history::Action;
    use crate::summary::samples::event;

    #[test]
    fn an_event_is_told_in_words_with_a_time_that_spreadsheets_read() {
        let (open, closed) = (json!("open"), json!("closed"));
        let mut event = event("2026-02-03", "V-1", Action::StatusChanged, "/status", open, closed);
        event.time = "2026-02-03T10:11:12Z".parse().unwrap();
        let text = records_csv(&event_records(&[&event])).unwrap();
        let line = text.lines().nth(1).unwrap();
        assert!(line.starts_with("2026-02-03 10:11:12,2026-02-03,V-1,status-changed,"), "{line}");
        assert!(line.contains("status: open -> closed") && !line.contains('{'), "{line}");
    }
}
