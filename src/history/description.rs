//! Descriptions of events in words for people.

use std::borrow::Cow;

use serde_json::Value;

use super::{Action, DateMove, Difference, Event, EventValue, MilestoneMark};
use crate::text::{plural, visible};

/// One change of an item, in words: of an event, or of the difference of two versions.
#[derive(Clone, Copy)]
pub struct EventDescription<'a> {
    action: Action,
    field: &'a str,
    old: &'a EventValue,
    new: &'a EventValue,
    milestone: Option<MilestoneMark>,
}

impl<'a> From<&'a Event> for EventDescription<'a> {
    fn from(event: &'a Event) -> Self {
        let Event { action, field, old, new, milestone, .. } = event;
        Self { action: *action, field, old, new, milestone: *milestone }
    }
}

impl<'a> From<&'a Difference> for EventDescription<'a> {
    fn from(difference: &'a Difference) -> Self {
        let Difference { action, field, old, new, milestone } = difference;
        Self { action: *action, field, old, new, milestone: *milestone }
    }
}

impl EventDescription<'_> {
    /// Describes the event in one line that is safe to show. Values longer than `widest` characters
    /// are cut.
    pub fn describe_event(self, widest: usize) -> String {
        let short = |value: &EventValue| shorten_line(&telling_text(&value.value()), widest);
        let Self { field, old, new, .. } = self;
        let arrow = |what: &str| match (old.is_null(), new.is_null()) {
            (true, _) => format!("{what}: {}", short(new)),
            (_, true) => format!("{what}: {} removed", short(old)),
            _ => {
                let (before, after) = (short(old), short(new));
                // Where the telling parts are the same, the others show.
                let parts = || differing_parts(what, &old.value(), &new.value(), widest);
                match (before == after).then(parts) {
                    Some(parts) if !parts.is_empty() => parts.join("; "),
                    _ => format!("{what}: {before} -> {after}{}", self.days()),
                }
            }
        };
        let by = |value: &EventValue, doer: &str| match part_text(value, doer) {
            name if name.is_empty() => String::new(),
            name => format!(" by {}", shorten_line(&name, widest)),
        };
        let named = |item: &EventValue| {
            let name = item.get("weakness_name").unwrap_or_default();
            shorten_line(&telling_text(&name), widest)
        };
        let step = self.step();
        match self.action {
            Action::ItemCreated => format!("created: {}", named(new)),
            Action::ItemDeleted => format!("deleted: {}", named(old)),
            Action::ItemRenamed => {
                format!("goes on under another id: {} -> {}", short(old), short(new))
            }
            Action::MilestoneAdded => format!("{step} added: {}{}", short(new), due_text(new)),
            Action::MilestoneRemoved => format!("{step} removed: {}{}", short(old), due_text(old)),
            Action::MilestoneRescheduled => arrow(&format!("{step} due")),
            Action::MilestoneCompleted => {
                let day = self.milestone.and_then(|mark| mark.date);
                format!("{step} completed{}", day.map(|day| format!(" {day}")).unwrap_or_default())
            }
            Action::MilestoneChanged if field.contains("/notes/") => {
                let what = if new.is_null() { "note removed" } else { "note" };
                let note = if new.is_null() { old } else { new };
                let text = shorten_line(&part_text(note, "text"), widest);
                format!("{step} {what}{}: {text}", by(note, "by"))
            }
            Action::MilestoneChanged => {
                // Behind the place in the list, which is no number that people know.
                let part = field.splitn(4, '/').nth(3).unwrap_or_default();
                arrow(format!("{step} {}", visible(&field_words(part))).trim_end())
            }
            Action::OwnerChanged => arrow("owner"),
            Action::RiskAdjusted if field == "/original_risk_rating" => {
                arrow("original risk rating")
            }
            Action::RiskAdjusted => arrow("risk rating, adjusted"),
            Action::DeviationRequested => format!("{} requested", deviation_text(new, widest)),
            Action::DeviationDecided => {
                let state = part_text(new, "state");
                format!(
                    "{} {}{}",
                    deviation_text(new, widest),
                    visible(&state),
                    by(new, "approver")
                )
            }
            Action::RiskAccepted => {
                let until = part_text(new, "review_by");
                let until = if until.is_empty() { until } else { format!(", review by {until}") };
                format!("risk accepted{}{}", by(new, "approver"), shorten_line(&until, widest))
            }
            Action::EvidenceAdded => format!("evidence added: {}", short(new)),
            Action::EvidenceRemoved => format!("evidence removed: {}", short(old)),
            Action::VendorCheckedIn => arrow("vendor check-in"),
            Action::ReviewRequested | Action::ReviewSubmitted | Action::ReviewReturned => {
                let (what, word) = match self.action {
                    Action::ReviewSubmitted => ("submitted for review", "to"),
                    Action::ReviewReturned => ("returned for changes", "by"),
                    _ => ("review requested", "by"),
                };
                let who = by(new, "by").replacen(" by ", &format!(" {word} "), 1);
                let (due, note) = (due_text(new), part_text(new, "note"));
                let note = if note.is_empty() { note } else { format!(": {note}") };
                format!("{what}{who}{due}{}", shorten_line(&note, widest))
            }
            Action::ReviewCompleted => format!("review completed{}", by(old, "by")),
            Action::ReviewRecorded => {
                let note = part_text(new, "note");
                let note = if note.is_empty() { note } else { format!(": {note}") };
                format!("reviewed{}{}", by(new, "by"), shorten_line(&note, widest))
            }
            Action::Unreadable => format!("cannot be read: {}", short(new)),
            Action::SettingsChanged if field.is_empty() && old.is_null() => {
                "settings written".into()
            }
            Action::SettingsChanged if field.is_empty() && new.is_null() => {
                "settings removed".into()
            }
            Action::StatusChanged
            | Action::ScheduleChanged
            | Action::FieldChanged
            | Action::SettingsChanged => arrow(&visible(&field_words(field))),
        }
    }

    /// Names the field in words, with the milestone's own number: `milestone 2 due`, `evidence (entry 3)`.
    pub fn field_label(self) -> String {
        let label = match self.milestone {
            // Behind the place in the list, which is no number that people know.
            Some(_) => {
                let part = self.field.splitn(4, '/').nth(3).unwrap_or_default();
                format!("{} {}", self.step(), field_words(part))
            }
            None => field_words(self.field),
        };
        visible(label.trim_end()).into_owned()
    }

    fn step(self) -> String {
        match self.milestone {
            Some(mark) => format!("milestone {}", mark.number),
            None => "milestone".to_owned(),
        }
    }

    /// Describes the number of days by which a date moved, in brackets.
    fn days(self) -> String {
        let milestone = self.milestone.map(|mark| mark.number);
        match DateMove::derive_move(self.action, milestone, self.old, self.new).map(|it| it.days())
        {
            Some(days) if days != 0 => {
                let count = usize::try_from(days.unsigned_abs()).unwrap_or(usize::MAX);
                let way = if days > 0 { "later" } else { "earlier" };
                format!(" ({} {way})", plural(count, "day"))
            }
            _ => String::new(),
        }
    }
}

fn due_text(milestone: &EventValue) -> String {
    match part_text(milestone, "due") {
        day if day.is_empty() => String::new(),
        day => format!(", due {}", shorten_line(&day, 20)),
    }
}

fn deviation_text(value: &EventValue, widest: usize) -> String {
    match part_text(value, "type") {
        kind if kind.is_empty() => "deviation".to_owned(),
        kind => shorten_line(&kind.replace('-', " "), widest),
    }
}

/// Returns a value as one text: of a mapping the part that people look for.
fn telling_text(value: &Value) -> Cow<'_, str> {
    const TELLING: [&str; 10] = [
        "name",
        "description",
        "reference",
        "location",
        "type",
        "answer",
        "question",
        "by",
        "rationale",
        "reason",
    ];
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Null => Cow::Borrowed("nothing"),
        Value::Array(list) => {
            let all: Vec<_> = list.iter().map(telling_text).collect();
            Cow::Owned(format!("[{}]", all.join(", ")))
        }
        Value::Object(map) => {
            let found = TELLING.iter().find_map(|key| map.get(*key).and_then(Value::as_str));
            found.map_or_else(|| Cow::Owned(value.to_string()), Cow::Borrowed)
        }
        other => Cow::Owned(other.to_string()),
    }
}

/// Differences that are reported one by one.
const PARTS: usize = 3;

/// Names an entry of a sequence: a milestone by its number, others by their place from 1 on.
fn name_entry(at: &str, place: usize, old: &Value, new: &Value) -> String {
    let [before, after] = [old, new].map(|entry| entry.get("id").and_then(Value::as_u64));
    match before {
        Some(number) if at == "milestones" && before == after => format!("milestone {number}"),
        _ => format!("{at} (entry {})", place + 1),
    }
}

/// Lists the parts in which two values differ that have one description, by their places, a few of
/// them.
fn differing_parts(at: &str, old: &Value, new: &Value, widest: usize) -> Vec<String> {
    fn collect(at: &str, old: &Value, new: &Value, widest: usize, found: &mut Vec<String>) {
        if old == new || found.len() > PARTS {
            return;
        }
        match (old, new) {
            (Value::Object(before), Value::Object(after)) => {
                let added = after.keys().filter(|key| !before.contains_key(*key));
                for key in before.keys().chain(added) {
                    let [old, new] = [before, after].map(|it| it.get(key).unwrap_or(&Value::Null));
                    let join =
                        if at.ends_with(')') || at.starts_with("milestone ") { ' ' } else { '.' };
                    collect(&format!("{at}{join}{}", visible(key)), old, new, widest, found);
                }
            }
            (Value::Array(before), Value::Array(after)) => {
                for place in 0..before.len().max(after.len()) {
                    let [old, new] =
                        [before, after].map(|it| it.get(place).unwrap_or(&Value::Null));
                    collect(&name_entry(at, place, old, new), old, new, widest, found);
                }
            }
            (Value::String(before), Value::String(after)) => {
                // A few characters before the first that differs.
                let same = before.chars().zip(after.chars()).take_while(|(a, b)| a == b).count();
                let skip = same.saturating_sub(widest / 4);
                let rest = |text: &str| {
                    let lead = if skip > 0 { "…" } else { "" };
                    let rest: String = text.chars().skip(skip).collect();
                    format!("{lead}{}", shorten_line(&rest, widest))
                };
                found.push(format!("{at}: {} -> {}", rest(before), rest(after)));
            }
            _ => {
                let short = |value: &Value| shorten_line(&telling_text(value), widest);
                found.push(format!("{at}: {} -> {}", short(old), short(new)));
            }
        }
    }
    let mut found = Vec::new();
    collect(at, old, new, widest, &mut found);
    if found.len() > PARTS {
        found.truncate(PARTS);
        found.push("…".to_owned());
    }
    found
}

/// Returns the text of an entry, of a person the name; empty where there is none.
fn part_text(value: &EventValue, key: &str) -> String {
    match value.get(key) {
        None => String::new(),
        Some(part) if part.is_null() => String::new(),
        Some(part) => telling_text(&part).into_owned(),
    }
}

/// Returns the words for a pointer of an event, which counts members of lists from 0:
/// `/reviews/0/note` is `reviews (entry 1) note`, `/vendor_dependency/product` is
/// `vendor dependency.product`.
fn field_words(pointer: &str) -> String {
    let mut words = String::new();
    for step in pointer.split('/').filter(|step| !step.is_empty()) {
        let step = step.replace("~1", "/").replace("~0", "~");
        match step.parse::<usize>() {
            Ok(index) => words.push_str(&format!(" (entry {})", index.saturating_add(1))),
            Err(_) => {
                if words.ends_with(')') {
                    words.push(' ');
                } else if !words.is_empty() {
                    words.push('.');
                }
                words.push_str(&step.replace('_', " "));
            }
        }
    }
    words.trim_start().to_owned()
}

/// Returns the words for a value of an item: `/milestones/2/due` is `milestone 2 due`. The address
/// names members of lists by their number or name.
pub fn place_words(place: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for step in place.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        match words.last_mut().filter(|last| last.as_str() == "milestones") {
            Some(last) => *last = format!("milestone {step}"),
            None => words.push(step.replace('_', " ")),
        }
    }
    visible(&words.join(" ")).into_owned()
}

/// Returns whether a reason only repeats the end of some words, as the note of a review does.
pub fn repeats_end(words: &[String], reason: &str) -> bool {
    let end = format!(": {}", shorten_line(reason, usize::MAX));
    words.iter().any(|words| words.ends_with(&end))
}

/// Returns a text on one line, safe to show and not longer than a number of characters.
pub(crate) fn shorten_line(text: &str, widest: usize) -> String {
    // Characters far beyond the limit are not processed: a text may be a megabyte.
    let end = text.char_indices().nth(widest.saturating_mul(4)).map_or(text.len(), |(at, _)| at);
    let lead = if text.starts_with(' ') { " " } else { "" };
    let words: Vec<&str> = text[..end].split_whitespace().collect();
    let line = format!("{lead}{}", words.join(" "));
    let shown = visible(&line);
    if end == text.len() && shown.chars().count() <= widest {
        return shown.into_owned();
    }
    shown.chars().take(widest.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::history::diff_items;

    #[test]
    fn fields_are_named_with_the_numbers_that_people_know() {
        let item = |due: &str, more: Value| {
            let mut steps = vec![json!({"id": 7, "description": "A", "due": due})];
            steps.extend(more.as_array().cloned().unwrap_or_default());
            json!({"id": "V-1", "milestones": steps, "evidence": [{"ref": "a"}], "status": "open"})
        };
        let before = item("2026-01-20", json!([]));
        let after = item("2026-01-25", json!([{"id": 9, "description": "B"}]));
        let labels: Vec<String> = diff_items(&before, &after)
            .iter()
            .map(|difference| EventDescription::from(difference).field_label())
            .collect();
        assert_eq!(labels, ["milestone 7 due", "milestone 9"]);
    }

    #[test]
    fn members_of_lists_are_counted_from_1() {
        for (pointer, words) in [
            ("/reviews/0/note", "reviews (entry 1) note"),
            ("/evidence/2", "evidence (entry 3)"),
            ("/vendor_dependency/last_check_in", "vendor dependency.last check in"),
            ("/scheduled_completion_date", "scheduled completion date"),
            ("/people/5", "people (entry 6)"),
            ("evidence/1", "evidence (entry 2)"),
        ] {
            assert_eq!(field_words(pointer), words);
        }
        let item = |step: Value, review: Value| {
            json!({
                "id": "V-1", "status": "open", "original_risk_rating": "high",
                "milestones": [{"id": 7, "description": "A", "due": "2026-01-20"}, step],
                "reviews": [{"date": "2026-01-05", "by": "Sam"}, review],
            })
        };
        let step = |status: &str| json!({"id": 4, "description": "B", "due": "2026-01-21", "status": status});
        let review = |date: &str| json!({"date": date, "by": "Sam", "note": "n"});
        let before = item(step("pending"), review("2026-01-06"));
        assert_eq!(
            told(&before, &item(step("in-progress"), review("2026-01-06"))),
            ["milestone 4 status: pending -> in-progress"]
        );
        let words = told(&before, &item(step("pending"), Value::Null)).join("; ");
        assert!(!words.contains("reviews.1"), "{words}");
    }

    fn told(old: &Value, new: &Value) -> Vec<String> {
        diff_items(old, new)
            .iter()
            .map(|it| EventDescription::from(it).describe_event(40))
            .collect()
    }

    #[test]
    fn each_kind_reads_as_a_sentence() {
        let item = |more: Value| {
            let mut item = json!({
                "id": "V-1", "status": "open", "scheduled_completion_date": "2026-01-31",
                "milestones": [{"id": 1, "description": "A", "due": "2026-01-20"}],
                "evidence": [{"reference": "CHG-1"}], "original_risk_rating": "high"
            });
            for (key, value) in more.as_object().unwrap() {
                item[key] = value.clone();
            }
            item
        };
        let long = "x".repeat(50);
        for (more, expected) in [
            (json!({"status": "closed"}), "status: open -> closed"),
            (
                json!({"scheduled_completion_date": "2026-03-02"}),
                "scheduled completion date: 2026-01-31 -> 2026-03-02 (30 days later)",
            ),
            (
                json!({"milestones": [{"id": 1, "description": "A", "due": "2026-01-19"}]}),
                "milestone 1 due: 2026-01-20 -> 2026-01-19 (1 day earlier)",
            ),
            (
                json!({"milestones": [{"id": 1, "description": "A", "due": "2026-01-20",
                    "status": "completed", "completed": "2026-01-18"}]}),
                "milestone 1 completed 2026-01-18",
            ),
            (
                json!({"milestones": [{"id": 1, "description": "B\nC", "due": "2026-01-20"}]}),
                "milestone 1 description: A -> B C",
            ),
            (json!({"milestones": []}), "milestone 1 removed: A, due 2026-01-20"),
            (json!({"evidence": []}), "evidence removed: CHG-1"),
            (json!({"point_of_contact": {"name": "Jane"}}), "owner: Jane"),
            (json!({"original_risk_rating": "low"}), "original risk rating: high -> low"),
            (
                json!({"deviations": [{"type": "false-positive", "state": "approved",
                    "approver": {"name": "Sam"}}]}),
                "false positive approved by Sam",
            ),
            (
                json!({"deviations": [{"type": "risk-adjustment", "state": "pending"}]}),
                "risk adjustment requested",
            ),
            (
                json!({"risk_acceptance": {"rationale": "r", "approver": {"name": "Sam"},
                    "review_by": "2026-08-01"}}),
                "risk accepted by Sam, review by 2026-08-01",
            ),
            (
                json!({"reviews": [{"by": "Sam", "note": "as\u{1b}[31m planned"}]}),
                "reviewed by Sam: as\\u{1b}[31m planned",
            ),
            (
                json!({"vendor_dependency": {"last_check_in": "2026-02-01"}}),
                "vendor check-in: {\"last_check_in\":\"2026-02-01\"}",
            ),
            (json!({"controls": ["AC-2", "AC-3"]}), "controls: [AC-2, AC-3]"),
            (json!({"assets": [{"name": "a", "x": 1}, {"y": 2}]}), "assets: [a, {\"y\":2}]"),
            (json!({"comments": long}), &format!("comments: {}…", "x".repeat(39))),
            (json!({"status": null}), "status: open removed"),
            (json!({"status": {"x": 1}}), "status: open -> {\"x\":1}"),
        ] {
            assert_eq!(told(&item(json!({})), &item(more)), [expected]);
        }
    }

    #[test]
    fn what_is_told_alike_says_how_it_differs() {
        let step = |id: u8, due: &str| json!({"id": id, "description": "A", "due": due});
        let day = "2026-01-20";
        let long = |end: &str| json!(format!("{}{end}", "x".repeat(60)));
        for (field, old, new, expected) in [
            (
                "milestones",
                json!([step(1, day), step(2, day)]),
                json!([step(1, day), step(1, day)]),
                "milestones (entry 2) id: 2 -> 1",
            ),
            (
                "milestones",
                json!([step(1, day), step(1, day)]),
                json!([step(1, "2026-02-01"), step(1, day)]),
                "milestone 1 due: 2026-01-20 -> 2026-02-01",
            ),
            (
                "point_of_contact",
                json!({"name": "Jane"}),
                json!({"name": "Jane", "email": "j@x.org"}),
                "owner.email: nothing -> j@x.org",
            ),
            (
                "comments",
                long("a\u{1b}"),
                long("b"),
                "comments: …xxxxxxxxxxa\\u{1b} -> …xxxxxxxxxxb",
            ),
            (
                "extra",
                json!([1, 2, 3, 4, 5]),
                json!([2, 3, 4, 5, 6]),
                "extra: [1, 2, 3, 4, 5] -> [2, 3, 4, 5, 6]",
            ),
        ] {
            let item = |value| json!({"id": "V-1", field: value});
            assert_eq!(told(&item(old), &item(new)), [expected]);
        }
    }

    #[test]
    fn a_huge_text_is_cut_before_it_is_worked_on() {
        let huge = format!("{}{}", " ".repeat(2_000_000), "x");
        assert_eq!(shorten_line(&huge, 10), " …");
        assert_eq!(shorten_line("a b", 10), "a b");
    }
}
