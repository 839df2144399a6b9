//! Renders events: JSON lines for programs, short lines for people.

use std::fmt::Write as _;

use rayon::prelude::*;

use crate::history::{Action, Event, EventDay, EventDescription, EventValue, PrintedEvent};
use crate::text::{Paint, WIDEST, cut, plural, truncate, visible};

/// Events that one thread writes as JSON at a time, and how many such chunks are held together.
const CHUNK: usize = 128;
const CHUNKS: usize = 16;

/// Writes events as JSON, one a line, and passes the lines on in their order.
pub fn event_lines<E: From<serde_json::Error>>(
    events: &[&Event],
    mut each: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    for events in events.chunks(CHUNK * CHUNKS) {
        let lines: Vec<serde_json::Result<Vec<u8>>> =
            events.par_chunks(CHUNK).map(json_lines).collect();
        for lines in lines {
            each(&lines?)?;
        }
    }
    Ok(())
}

fn json_lines(events: &[&Event]) -> serde_json::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for event in events {
        serde_json::to_writer(&mut lines, &PrintedEvent::new(event))?;
        lines.push(b'\n');
    }
    Ok(lines)
}

/// Events as lines for people, oldest first. `items` states whether each line names its item.
pub fn render_events(events: &[&Event], items: bool) -> String {
    let mut out = String::new();
    let width = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    let who_width = width(&mut events.iter().map(|event| actor_text(event).chars().count()));
    let item = |event: &Event| {
        event
            .item
            .as_ref()
            .map_or_else(|| "settings".to_owned(), |id| visible(id.as_str()).into_owned())
    };
    let item_width = width(&mut events.iter().map(|event| item(event).chars().count()));
    let action_width = width(&mut events.iter().map(|event| event.action.as_str().len()));
    for event in events {
        let _ = write!(out, "{:16}  {:who_width$}  ", event_time(event), actor_text(event));
        if items {
            let _ = write!(out, "{:item_width$}  ", item(event));
        }
        let text = describe_event(event);
        let _ = write!(out, "{:action_width$}  {text}", event.action);
        if let Some(reason) = new_reason(event, &text) {
            let _ = write!(out, "  ({reason})");
        }
        if let Some(known_by) = known_by(event) {
            let _ = write!(out, "  [{known_by}]");
        }
        if event.is_landed_by_another() {
            let _ = write!(out, "  [landed by {}]", visible(&event.landed_by.name));
        }
        if event.reconstructed {
            let from = event.source.as_deref().map(|source| format!(" from {}", visible(source)));
            let _ = write!(out, "  [reconstructed{}]", from.unwrap_or_default());
        } else if let Some(source) = &event.source {
            let _ = write!(out, "  [names {} as its source]", visible(source));
        }
        out.push('\n');
    }
    let _ = writeln!(out, "{}", plural(events.len(), "event"));
    out
}

fn actor_text(event: &Event) -> String {
    visible(event.actor_name()).into_owned()
}

/// Characters of a name in a line that must fit a terminal.
const NAME: usize = 16;

/// Events as lines that fit a terminal, below a heading. What does not fit is cut; CSV and JSON have it.
pub fn events_within(events: &[&Event], items: bool, width: usize, color: bool) -> String {
    let item = |event: &Event| {
        event
            .item
            .as_ref()
            .map_or_else(|| "settings".to_owned(), |id| visible(id.as_str()).into_owned())
    };
    let who_width =
        longest_text(&mut events.iter().map(|event| name_cell(event.actor_name())), "Who");
    let item_width = longest_text(&mut events.iter().map(|event| item(event)), "Item");
    let mut out = String::new();
    let mut line = |time: &str, who: &str, id: &str, text: &str, paint: Paint| {
        let id = if items { format!("{id:item_width$}  ") } else { String::new() };
        let line = format!("{time:16}  {who:who_width$}  {id}{text}");
        let _ = writeln!(out, "{}", paint.paint(&truncate(&line, width), color));
    };
    line("Time (UTC)", "Who", "Item", "Change", Paint::Heading);
    for event in events {
        let mut text = EventDescription::from(*event).describe_event(WIDEST);
        if let Some(reason) = new_reason(event, &text) {
            let _ = write!(text, " ({reason})");
        }
        line(&event_time(event), &name_cell(event.actor_name()), &item(event), &text, Paint::Plain);
    }
    let _ = writeln!(out, "{}", plural(events.len(), "event"));
    out
}

/// The reason of an event, unless the description ends with it already.
fn new_reason(event: &Event, description: &str) -> Option<String> {
    let reason = cut(&visible(event.reason.as_deref()?));
    let same = description == reason || description.ends_with(&format!(": {reason}"));
    (!same).then_some(reason)
}

fn name_cell(text: &str) -> String {
    truncate(&visible(text), NAME)
}

fn longest_text(texts: &mut dyn Iterator<Item = String>, title: &str) -> usize {
    texts.map(|text| text.chars().count()).chain([title.len()]).max().unwrap_or(0)
}

/// The time of an event for people: to the minute what was recorded here, a day what a document states.
pub fn event_time(event: &Event) -> String {
    match event.event_day {
        EventDay::Unknown => "day unknown".to_owned(),
        EventDay::Stated(day) => day.to_string(),
        EventDay::OfTime if event.reconstructed => event.day().to_string(),
        EventDay::OfTime => event.time.format("%Y-%m-%d %H:%M").to_string(),
    }
}

/// The words for by when an event of an unknown day had happened; `None` where its day is known.
pub fn known_by(event: &Event) -> Option<String> {
    let unknown = event.event_day == EventDay::Unknown;
    unknown.then(|| format!("known by {}", event.day()))
}

/// From what to what, in a few words that are safe to show; the action is named beside them. Milestones
/// have their numbers.
pub fn describe_event(event: &Event) -> String {
    let name =
        |item: &EventValue| cut(&visible(&item.entry_text("weakness_name").unwrap_or_default()));
    match event.action {
        Action::ItemCreated => name(&event.new),
        Action::ItemDeleted => name(&event.old),
        Action::Unreadable => {
            let why = event.new.value();
            let why = why.as_str().unwrap_or_default();
            format!("{}: {}", visible(&event.path), cut(&visible(why)))
        }
        _ => EventDescription::from(event).describe_event(WIDEST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::PrintedEvent;

    #[test]
    fn lines_of_many_parts_are_in_order() {
        let event = |number: usize| {
            let text = format!(
                r#"{{"time":"2026-01-01T12:00:00Z","landed":"2026-01-01T12:00:00Z",
                "actor":{{"name":"Ann","email":"ann@example.com"}},
                "landed_by":{{"name":"Ann","email":"ann@example.com"}},"commit":"{number}",
                "path":"items/V-1.yaml","item":null,"action":"field-changed","field":"/a",
                "old":null,"new":"a\nb","reason":null,"evidence_family":"CM","signature":"none",
                "source":null,"source_id":null,"reconstructed":false}}"#
            );
            serde_json::from_str::<Event>(&text).unwrap()
        };
        for count in [0, 1, CHUNK, CHUNK * CHUNKS + CHUNK + 3] {
            let events: Vec<Event> = (0..count).map(event).collect();
            let mut printed = Vec::new();
            event_lines(&events.iter().collect::<Vec<_>>(), |lines| {
                printed.extend_from_slice(lines);
                Ok::<_, serde_json::Error>(())
            })
            .unwrap();
            let printed = String::from_utf8(printed).unwrap();
            assert_eq!(printed.lines().count(), count);
            for (line, event) in printed.lines().zip(&events) {
                assert_eq!(line, serde_json::to_string(&PrintedEvent::new(event)).unwrap());
            }
        }
    }

    #[test]
    fn what_looks_the_same_is_told_by_what_differs() {
        let steps = |second: u8| {
            let step = |id: u8| serde_json::json!({"id": id, "description": "x".repeat(60)});
            serde_json::json!([step(1), step(second)])
        };
        let event = serde_json::json!({
            "time": "2026-01-01T12:00:00Z", "landed": "2026-01-01T12:00:00Z",
            "actor": {"name": "Ann", "email": "ann@example.com"},
            "landed_by": {"name": "Ann", "email": "ann@example.com"}, "commit": "1",
            "path": "items/V-1.yaml", "item": "V-1", "action": "field-changed",
            "field": "/milestones", "old": steps(2), "new": steps(1), "reason": null,
            "evidence_family": "CM", "signature": "none", "source": null, "source_id": null,
            "reconstructed": false
        });
        let event: Event = serde_json::from_value(event).unwrap();
        assert_eq!(describe_event(&event), "milestones (entry 2) id: 2 -> 1");
    }
}
