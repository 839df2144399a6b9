//! Events of an item as the entries of its risk log.

use std::borrow::Cow;

use chrono::{DateTime, NaiveTime, Utc};
use serde_json::Value;

use super::names::{CLOSED_TITLE, OURS, line, midnight, moment, own_date};
use super::parts::{DocumentFrame, risk_status};
use super::types::{Entry, LoggedBy, Prop};
use crate::history::{Action, Event, EventDay};
use crate::model::{Item, Status};
use crate::settings::Settings;

impl<'a> DocumentFrame<'a> {
    /// Returns the entries of an item, oldest first: its events, and when it was closed.
    pub(super) fn entries(
        &self,
        item: &'a Item,
        events: impl Iterator<Item = &'a Event>,
    ) -> Vec<Entry<'a>> {
        let entry = |(at, event): (usize, &'a Event)| self.entry(item, at, event);
        let mut entries: Vec<Entry<'a>> = events.enumerate().map(entry).collect();
        let closed = self.settings.workflow.is_closed(&item.status);
        if let Some(day) = item.completion_date.filter(|_| closed) {
            entries.push(Entry {
                uuid: self.ids.part(&["closed", item.id.as_str()]),
                title: Cow::Borrowed(CLOSED_TITLE),
                description: None,
                start: midnight(day),
                props: Vec::new(),
                logged_by: Vec::new(),
                status_change: Some("closed"),
            });
        }
        entries
    }

    fn entry(&self, item: &'a Item, at: usize, event: &'a Event) -> Entry<'a> {
        let mut props = Vec::with_capacity(3);
        props.push(Prop::new(OURS, "action", event.action.as_str()));
        props.push(Prop::new(OURS, "commit", &*event.commit));
        if event.action == Action::VendorCheckedIn {
            props.push(Prop::new(self.version.fedramp(), "vendor-dependency", "vendor-check-in"));
        }
        if event.reconstructed {
            let source = event.source.as_deref().map_or(Cow::Borrowed("-"), line);
            props.push(Prop::new(OURS, "reconstructed-from", source));
        }
        // An entry needs a start: that of an event of an unknown day is when it was known at the latest.
        if event.event_day == EventDay::Unknown {
            props.push(Prop::new(OURS, "day", EventDay::UNKNOWN));
        }
        let logger = |actor| LoggedBy { party_uuid: self.actors.id(&self.ids, actor) };
        if let Some(dated) = own_date(start_of(event)) {
            props.push(Prop::new(OURS, "dated", dated));
        }
        let number = at.to_string();
        Entry {
            uuid: self.ids.part(&["event", item.id.as_str(), &event.commit, &number]),
            title: title(event),
            description: description(event),
            start: moment(start_of(event)),
            props,
            logged_by: event.actor.as_deref().map(logger).into_iter().collect(),
            status_change: status_change(event, self.settings),
        }
    }
}

/// Returns when an event happened, at the latest; a day that a document states begins at midnight.
pub(super) fn start_of(event: &Event) -> DateTime<Utc> {
    match event.event_day {
        EventDay::Stated(day) => day.and_time(NaiveTime::MIN).and_utc(),
        EventDay::OfTime | EventDay::Unknown => event.time,
    }
}

/// `Milestone 2 rescheduled`.
fn title(event: &Event) -> Cow<'static, str> {
    if event.action == Action::VendorCheckedIn {
        return Cow::Borrowed("Vendor Check-in");
    }
    let words = event.action.as_str().replace('-', " ");
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    let words: String = first.into_iter().chain(letters).collect();
    Cow::Owned(match &event.milestone {
        Some(mark) => words.replacen("Milestone", &format!("Milestone {}", mark.number), 1),
        None => words,
    })
}

/// Describes a change from old to new value, with its reason. What an item was in full is not
/// repeated.
fn description(event: &Event) -> Option<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let whole = matches!(event.action, Action::ItemCreated | Action::ItemDeleted);
    let field = event.field.trim_start_matches('/').replace('/', ".");
    let what = match (&event.old.value(), &event.new.value()) {
        _ if whole || event.action == Action::Unreadable => None,
        (Value::Null, new) => Some(format!("{field}: {}", text(new))),
        (old, Value::Null) => Some(format!("{field}: {} removed", text(old))),
        (old, new) => Some(format!("{field}: {} -> {}", text(old), text(new))),
    };
    let parts: Vec<String> =
        what.into_iter().chain(event.reason.as_deref().map(str::to_owned)).collect();
    Some(parts.join("\n\n")).filter(|text| !text.is_empty())
}

fn status_change(event: &Event, settings: &Settings) -> Option<&'static str> {
    if event.action != Action::StatusChanged {
        return None;
    }
    let status: Status = event.new.as_str()?.parse().ok()?;
    Some(risk_status(&status, settings.workflow.is_closed(&status)))
}
