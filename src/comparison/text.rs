//! Renders a comparison for a terminal.

use std::fmt::Write as _;

use super::{ChangeNote, Comparison, FindingElsewhere, ItemChange, decisions};
use crate::history::{Actor, Difference};
use crate::history::{EventDescription, repeats_end};
use crate::text::{Paint, cut, visible};

/// Widest value in a line.
const WIDEST: usize = 80;

pub(super) fn render(comparison: &Comparison, color: bool) -> String {
    let short = |commit: &Option<String>, none: &str| match commit {
        Some(commit) => commit.chars().take(10).collect(),
        None => none.to_owned(),
    };
    let (base, head) = (short(&comparison.base, "nothing"), short(&comparison.head, "work tree"));
    let sides = Paint::Quiet.paint(&format!("({base} -> {head})"), color);
    let mut out = format!("{}  {sides}\n", comparison.headline());
    let verdict = comparison.verdict.line();
    let paint = if comparison.verdict.errors > 0 { Paint::Alarm } else { Paint::Plain };
    let _ = writeln!(out, "{}", paint.paint(&verdict, color));
    if comparison.is_about_settings() {
        let _ = writeln!(out, "\n{}", Paint::Heading.paint("settings", color));
        notes(&mut out, &comparison.settings_notes, color);
        events(&mut out, &comparison.settings, &[]);
    }
    for item in &comparison.items {
        let _ = writeln!(out, "\n{}", heading(item, color));
        notes(&mut out, &item.notes, color);
        events(&mut out, &item.events, &item.notes);
        by(&mut out, item, color);
    }
    for one in &comparison.unreadable {
        let line = format!("{}: {}", visible(&one.path), visible(&one.message));
        let _ = writeln!(out, "\n{}", Paint::Alarm.paint(&line, color));
    }
    if !comparison.elsewhere.is_empty() {
        let title = "in items that are not changed themselves";
        let _ = writeln!(out, "\n{}", Paint::Heading.paint(title, color));
        for FindingElsewhere { item, path, note } in &comparison.elsewhere {
            let place = visible(item.as_deref().unwrap_or(path));
            let text = format!("{place}: {}", note.text);
            notes(&mut out, &[ChangeNote { text, ..note.clone() }], color);
        }
    }
    out
}

/// Two lines: id and weakness name, then status, rating, owner and due date.
fn heading(item: &ItemChange, color: bool) -> String {
    let id = Paint::Heading.paint(&visible(item.item.as_str()), color);
    let facts: Vec<String> =
        item.facts().iter().map(|fact| visible(&cut(fact)).into_owned()).collect();
    let late = item.days_overdue > 0;
    let facts: Vec<String> = facts
        .iter()
        .enumerate()
        .map(|(at, fact)| match late && at + 1 == facts.len() {
            true => Paint::Alarm.paint(fact, color),
            false => Paint::Quiet.paint(fact, color),
        })
        .collect();
    format!("{id}  {}\n    {}", cut(&visible(&item.name)), facts.join(", "))
}

fn notes(out: &mut String, notes: &[ChangeNote], color: bool) {
    for note in notes {
        let (mark, paint) = if note.alarming { ("!", Paint::Alarm) } else { ("-", Paint::Plain) };
        let text = paint.paint(&visible(&note.text), color);
        let rule = match (note.rule, note.level) {
            (Some(rule), Some(level)) => {
                format!("  {}", Paint::Quiet.paint(&format!("{level}[{rule}]"), color))
            }
            _ => String::new(),
        };
        let _ = writeln!(out, "  {mark} {text}{rule}");
    }
}

fn events(out: &mut String, events: &[Difference], notes: &[ChangeNote]) {
    for difference in untold(events, notes) {
        let _ = writeln!(out, "    {}", words(difference, WIDEST));
    }
}

fn by(out: &mut String, item: &ItemChange, color: bool) {
    let names: Vec<String> =
        item.authors.iter().map(|one: &Actor| visible(&one.name).into()).collect();
    let why: Vec<String> = reasons(item).iter().map(|one| cut(&visible(one))).collect();
    let line = match (names.is_empty(), why.is_empty()) {
        (true, true) => return,
        (false, true) => format!("by {}", names.join(", ")),
        (true, false) => why.join("; "),
        (false, false) => format!("by {}: {}", names.join(", "), why.join("; ")),
    };
    let _ = writeln!(out, "    {}", Paint::Quiet.paint(&line, color));
}

/// Returns the reasons that state more than the differences and the notes do, and the subjects of the commits
/// that give none, in quotation marks.
pub(super) fn reasons(item: &ItemChange) -> Vec<String> {
    let all = untold(&item.events, &[]);
    let said: Vec<String> = all.into_iter().map(|one| words(one, usize::MAX)).collect();
    let in_notes = |reason: &str| item.notes.iter().any(|note| note.text.ends_with(reason));
    let reasons = item
        .reasons
        .iter()
        .filter(|reason| !repeats_end(&said, reason) && !in_notes(reason.trim()))
        .cloned();
    reasons.chain(item.subjects.iter().map(|subject| format!("“{subject}”"))).collect()
}

/// Returns the differences that the notes do not show.
pub(super) fn untold<'a>(events: &'a [Difference], notes: &[ChangeNote]) -> Vec<&'a Difference> {
    events.iter().filter(|event| !decisions::is_told(event, notes)).collect()
}

/// Returns a difference in words.
pub(super) fn words(difference: &Difference, widest: usize) -> String {
    EventDescription::from(difference).describe_event(widest)
}
