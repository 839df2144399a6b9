//! The table `events`.

use std::collections::BTreeMap;

use chrono::Datelike as _;
use poam_parquet::ParquetKind::{Boolean, Date, Integer, Text, TextList, Timestamp};
use poam_parquet::{ParquetRow, ParquetValue};

use super::super::columns::{RowColumn, column, date, optional_date, row, texts, timestamp, word};
use super::super::rows::SystemData;
use crate::history::{DateMove, Event, EventValue};

/// The source of a row: an event with its place in the log.
pub(in super::super) struct EventSource<'a> {
    system: &'a str,
    sequence: usize,
    event: &'a Event,
    moved: Option<DateMove>,
}

/// Converts a value before or after: a text as it is, anything else as JSON.
fn value(value: &EventValue) -> ParquetValue {
    if value.is_null() {
        return ParquetValue::Null;
    }
    match value.as_str() {
        Some(text) => text.into(),
        None => value.value().to_string().into(),
    }
}

pub(in super::super) fn columns<'a>() -> Vec<RowColumn<EventSource<'a>>> {
    vec![
        column("system", Text, "Name of the system.", |it| it.system.into()),
        column("item", Text, "Id of the item; null for events of the settings.", |it| {
            it.event.item.as_ref().map(|id| id.as_str()).into()
        }),
        column(
            "sequence",
            Integer,
            "Place in the log of the system, from 0: oldest first.",
            |it| it.sequence.into(),
        ),
        column("happened_at", Timestamp, "When it happened: `time` of `poam log`.", |it| {
            timestamp(it.event.time)
        }),
        column("event_day", Date, "The day of that instant, in UTC.", |it| date(it.event.day())),
        column(
            "known_day",
            Date,
            "The day on which it happened; null where its source gives none.",
            |it| optional_date(it.event.known_day()),
        ),
        column("landed_at", Timestamp, "When the commit landed on the main line.", |it| {
            timestamp(it.event.landed)
        }),
        column(
            "action",
            Text,
            "Kind of change: item-created, status-changed, milestone-rescheduled, ….",
            |it| it.event.action.as_str().into(),
        ),
        column("field", Text, "JSON pointer to the value; empty for the whole item.", |it| {
            (*it.event.field).into()
        }),
        column("milestone", Integer, "Number of the milestone that it is about.", |it| {
            it.event.milestone.map(|mark| mark.number).into()
        }),
        column(
            "old_value",
            Text,
            "The value before: a text as it is, anything else as JSON.",
            |it| value(&it.event.old),
        ),
        column("new_value", Text, "The value after, likewise.", |it| value(&it.event.new)),
        column(
            "days_moved",
            Integer,
            "Days by which a due date moved: later, or (below 0) earlier.",
            |it| it.moved.as_ref().map(DateMove::days).into(),
        ),
        column("slip", Boolean, "Whether a due date moved to a later day.", |it| {
            it.moved.as_ref().is_some_and(DateMove::is_slip).into()
        }),
        column(
            "actor",
            Text,
            "Author of the change; null where it was reconstructed from a document.",
            |it| it.event.actor.as_ref().map(|it| it.name.as_str()).into(),
        ),
        column("actor_email", Text, "Mail address of the author.", |it| {
            it.event.actor.as_ref().map(|it| it.email.as_str()).into()
        }),
        column("co_actors", TextList, "Others who had a hand in it, as `Name <mail>`.", |it| {
            let people = it.event.co_actors.iter().map(|it| format!("{} <{}>", it.name, it.email));
            texts(&people.collect::<Vec<_>>())
        }),
        column("committer", Text, "Who put it on the main line.", |it| {
            it.event.landed_by.name.as_str().into()
        }),
        column("committer_email", Text, "Mail address of the committer.", |it| {
            it.event.landed_by.email.as_str().into()
        }),
        column("reason", Text, "Reason by the commit message.", |it| {
            it.event.reason.as_deref().into()
        }),
        column("evidence_family", Text, "AC, AU or CM.", |it| {
            it.event.evidence_family.as_str().into()
        }),
        column("signature", Text, "none, good, bad or unknown (not checked).", |it| {
            word(&it.event.signature)
        }),
        column("document", Text, "The document that it was read from.", |it| {
            it.event.source.as_deref().into()
        }),
        column("document_id", Text, "Identity of that document.", |it| {
            it.event.source_id.as_deref().into()
        }),
        column("reconstructed", Boolean, "Whether it was reconstructed from a document.", |it| {
            it.event.reconstructed.into()
        }),
        column("commit_id", Text, "The commit that landed it.", |it| (*it.event.commit).into()),
        column("path", Text, "The file, from the root of the repository.", |it| {
            (*it.event.path).into()
        }),
    ]
}

/// Returns the rows by year and month of their day, each sorted by item and place in the log.
pub(in super::super) fn rows(data: &SystemData<'_>) -> BTreeMap<(i32, u32), Vec<ParquetRow>> {
    let Some(history) = data.history else { return BTreeMap::new() };
    let mut by_month: BTreeMap<(i32, u32), Vec<EventSource<'_>>> = BTreeMap::new();
    for (sequence, event) in history.events.iter().enumerate() {
        let day = event.day();
        let moved = DateMove::of_event(event);
        let source = EventSource { system: &data.system.name, sequence, event, moved };
        by_month.entry((day.year(), day.month())).or_default().push(source);
    }
    let columns = columns();
    let mut rows = BTreeMap::new();
    for (month, mut sources) in by_month {
        sources.sort_by(|a, b| (&a.event.item, a.sequence).cmp(&(&b.event.item, b.sequence)));
        rows.insert(month, sources.iter().map(|source| row(&columns, source)).collect());
    }
    rows
}
