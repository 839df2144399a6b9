use std::fmt::Write as _;

use super::{Comparison, ItemChange, Note};
use crate::history::{Action, Actor, Difference};
use crate::output::{Happening, Paint, cut, repeats, visible};

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
    if comparison.is_about_settings() {
        let _ = writeln!(out, "\n{}", Paint::Heading.paint("settings", color));
        notes(&mut out, &comparison.settings_notes, color);
        events(&mut out, &comparison.settings);
    }
    for item in &comparison.items {
        let _ = writeln!(out, "\n{}", heading(item, color));
        notes(&mut out, &item.notes, color);
        events(&mut out, &item.events);
        by(&mut out, item, color);
    }
    for one in &comparison.unreadable {
        let line = format!("{}: {}", visible(&one.path), visible(&one.message));
        let _ = writeln!(out, "\n{}", Paint::Alarm.paint(&line, color));
    }
    out
}

fn heading(item: &ItemChange, color: bool) -> String {
    let id = Paint::Heading.paint(&visible(item.item.as_str()), color);
    format!("{id}  {}  ({})", cut(&visible(&item.name)), visible(&item.status))
}

fn notes(out: &mut String, notes: &[Note], color: bool) {
    for note in notes {
        let (mark, paint) = if note.alarming { ("!", Paint::Alarm) } else { ("-", Paint::Plain) };
        let _ = writeln!(out, "  {mark} {}", paint.paint(&visible(&note.text), color));
    }
}

fn events(out: &mut String, events: &[Difference]) {
    for words in words(events, WIDEST) {
        let _ = writeln!(out, "    {words}");
    }
}

fn by(out: &mut String, item: &ItemChange, color: bool) {
    let names: Vec<String> =
        item.authors.iter().map(|one: &Actor| visible(&one.name).into()).collect();
    let why: Vec<String> = reasons(item).map(|one| cut(&visible(one))).collect();
    let line = match (names.is_empty(), why.is_empty()) {
        (true, true) => return,
        (false, true) => format!("by {}", names.join(", ")),
        (true, false) => why.join("; "),
        (false, false) => format!("by {}: {}", names.join(", "), why.join("; ")),
    };
    let _ = writeln!(out, "    {}", Paint::Quiet.paint(&line, color));
}

/// The reasons that say more than the differences do.
pub(super) fn reasons(item: &ItemChange) -> impl Iterator<Item = &String> {
    let said = words(&item.events, usize::MAX);
    item.reasons.iter().filter(move |reason| !repeats(&said, reason))
}

/// The differences in words; those that the notes tell are left out.
pub(super) fn words(events: &[Difference], widest: usize) -> Vec<String> {
    let told = [Action::ItemCreated, Action::ItemDeleted, Action::ItemRenamed, Action::Unreadable];
    let events = events.iter().filter(|event| !told.contains(&event.action));
    events.map(|event| Happening::from(event).words(widest)).collect()
}
