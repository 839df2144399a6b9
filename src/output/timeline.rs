//! Renders events for people, grouped by commit, oldest first.

use std::fmt::Write as _;

use super::events::{event_time, known_by};
use crate::history::{Action, Event, SignatureStatus};
use crate::history::{EventDescription, repeats_end};
use crate::model::ItemId;
use crate::text::{Paint, plural, visible};

/// Widest value and widest reason that are shown.
const WIDEST: usize = 160;

/// Events for people, oldest first: a heading for each commit (when, who, which), what it did in words,
/// and why. `id` is the item whose life it is; without one each line names its item.
pub fn render_timeline(id: Option<&ItemId>, events: &[&Event], color: bool) -> String {
    let mut out = String::new();
    for commit in split_paragraphs(events) {
        let Some(first) = commit.first() else { continue };
        let when = event_time(first);
        let short: String = first.commit.chars().take(10).collect();
        let _ = writeln!(
            out,
            "{}  {}  {}",
            Paint::Heading.paint(&when, color),
            visible(first.actor_name()),
            Paint::Quiet.paint(&short, color)
        );
        let mut said = Vec::new();
        for event in &commit {
            let mut words = EventDescription::from(*event).describe_event(WIDEST);
            match (&event.item, id) {
                (Some(item), Some(id)) if item != id && event.action != Action::ItemRenamed => {
                    let _ = write!(words, " (as {})", visible(item.as_str()));
                }
                (Some(item), None) => words = format!("{}  {words}", visible(item.as_str())),
                (None, None) => words = format!("settings  {words}"),
                _ => {}
            }
            let paint = if is_alarming(event) { Paint::Alarm } else { Paint::Plain };
            let _ = writeln!(out, "    {}", paint.paint(&words, color));
            said.push(words);
        }
        if let Some(reason) = first.reason.as_ref().filter(|reason| !repeats_end(&said, reason)) {
            let reason = crate::history::shorten_line(reason, WIDEST);
            let _ = writeln!(out, "    because: {reason}");
        }
        let marks = event_marks(first);
        if !marks.is_empty() {
            let _ = writeln!(out, "    {}", Paint::Quiet.paint(&marks.join(", "), color));
        }
    }
    let _ = writeln!(out, "{}", plural(events.len(), "event"));
    out
}

/// The events of each commit that share a day, a person and a reason, in the order of the first of them.
fn split_paragraphs<'a>(events: &[&'a Event]) -> Vec<Vec<&'a Event>> {
    let mut paragraphs = Vec::new();
    for commit in events.chunk_by(|a, b| a.commit == b.commit) {
        let first = paragraphs.len();
        for event in commit {
            let same = |other: &Vec<&'a Event>| {
                other.first().is_some_and(|other| {
                    (other.time, other.event_day, &other.actor, &other.reason)
                        == (event.time, event.event_day, &event.actor, &event.reason)
                })
            };
            match paragraphs.iter_mut().skip(first).find(|other| same(other)) {
                Some(paragraph) => paragraph.push(*event),
                None => paragraphs.push(vec![*event]),
            }
        }
    }
    paragraphs
}

/// Returns whether an event is one that an assessor looks at first.
fn is_alarming(event: &Event) -> bool {
    use Action::{EvidenceRemoved, ItemDeleted, MilestoneRemoved, Unreadable};
    matches!(event.action, ItemDeleted | MilestoneRemoved | EvidenceRemoved | Unreadable)
        || event.days_moved().is_some_and(|days| days > 0)
}

/// Lists the marks of an event: co-authors, another committer, source, signature.
fn event_marks(event: &Event) -> Vec<String> {
    let mut marks = Vec::new();
    if !event.co_actors.is_empty() {
        let names: Vec<_> = event.co_actors.iter().map(|who| visible(&who.name)).collect();
        marks.push(format!("with {}", names.join(", ")));
    }
    marks.extend(known_by(event));
    if event.is_landed_by_another() {
        marks.push(format!("landed by {}", visible(&event.landed_by.name)));
    }
    if event.reconstructed {
        let from = event.source.as_deref().map(|source| format!(" from {}", visible(source)));
        marks.push(format!("reconstructed{}", from.unwrap_or_default()));
    } else if let Some(source) = &event.source {
        marks.push(format!("names {} as its source", visible(source)));
    }
    if event.landed != event.time {
        marks.push(format!("landed {}", event.landed.format("%Y-%m-%d")));
    }
    match event.signature {
        SignatureStatus::None => {}
        SignatureStatus::Good => marks.push("signature good".to_owned()),
        SignatureStatus::Bad => marks.push("SIGNATURE BAD".to_owned()),
        SignatureStatus::Unknown => marks.push("signed".to_owned()),
    }
    marks
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn event(more: Value) -> Event {
        let mut value = json!({
            "time": "2026-01-05T12:00:00Z", "landed": "2026-01-05T12:00:00Z",
            "actor": {"name": "Ann\u{1b}", "email": "a@b"},
            "landed_by": {"name": "Ann\u{1b}", "email": "a@b"},
            "commit": "0123456789abcdef", "path": "items/V-1.yaml", "item": "V-1",
            "action": "status-changed", "field": "/status", "old": "open", "new": "deferred",
            "reason": "later\n\nmuch later", "evidence_family": "CM", "signature": "none",
            "source": null, "source_id": null, "reconstructed": false
        });
        for (key, it) in more.as_object().unwrap() {
            value[key] = it.clone();
        }
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_paragraph_for_each_commit() {
        let events = [
            event(json!({})),
            event(json!({"action": "evidence-removed", "old": {"reference": "CHG-1"}, "new": null,
                "item": "V-0"})),
            event(json!({"commit": "e", "action": "review-recorded", "old": null,
                "new": {"by": "Sam", "note": "all  fine"}, "reason": "all fine"})),
            event(
                json!({"commit": "f", "reason": null, "landed_by": {"name": "Carl", "email": ""},
                "co_actors": [{"name": "Bob", "email": ""}], "signature": "bad",
                "time": "2025-03-31T00:00:00Z", "source": "a.xlsx", "reconstructed": true}),
            ),
        ];
        let all: Vec<&Event> = events.iter().collect();
        let id = "V-1".parse().unwrap();
        assert_eq!(
            render_timeline(Some(&id), &all, false),
            "2026-01-05 12:00  Ann\\u{1b}  0123456789\n    \
                 status: open -> deferred\n    \
                 evidence removed: CHG-1 (as V-0)\n    \
                 because: later much later\n\
             2026-01-05 12:00  Ann\\u{1b}  e\n    \
                 reviewed by Sam: all fine\n\
             2025-03-31  Ann\\u{1b}  f\n    \
                 status: open -> deferred\n    \
                 with Bob, landed by Carl, reconstructed from a.xlsx, landed 2026-01-05, SIGNATURE BAD\n\
             4 events\n"
        );
        let painted = render_timeline(Some(&id), &all, true);
        assert!(painted.contains("\u{1b}[1m2026-01-05 12:00\u{1b}[0m"), "{painted}");
        assert!(painted.contains("m\u{1b}[31mevidence removed"), "{painted}");
        assert!(
            render_timeline(None, &all, false).contains("\n    V-0  evidence removed: CHG-1\n")
        );
    }
}
