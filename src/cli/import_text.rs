//! Texts of `poam import`: what a plan would do, or did.

use chrono::NaiveDate;
use serde_json::Value;

use super::import::SHOWN;
use crate::exchange::Refused;
use crate::history::{EventDescription, diff_items, place_words};
use crate::import::{self, Conflict, Plan, Winner};
use crate::text::{plural, visible};
use crate::workbook::ReadingNote;

/// Renders what plans would do, or did, with a line for each item that needs attention.
pub(super) fn render_plans(plans: &[Plan], committed: bool, commits: usize) -> String {
    let mut lines = Vec::new();
    for plan in plans {
        describe_plan(plan, plans.len() > 1, committed, &mut lines);
    }
    lines.push(render_ending(plans, committed, commits));
    lines.join("\n") + "\n"
}

/// Renders the last line: what became of the plans.
fn render_ending(plans: &[Plan], committed: bool, commits: usize) -> String {
    let work = plans.iter().any(|plan| !plan.is_idle());
    match (committed, commits) {
        _ if plans.iter().any(|plan| plan.undecided) => {
            "nothing is written: say --ours to keep the tracker's values, or --theirs to take the file's; --decide does it for one value".to_owned()
        }
        (true, commits) => format!("{} made", plural(commits, "commit")),
        (false, _) if work => "nothing is written yet: add --commit to do this".to_owned(),
        (false, _) => "nothing to do".to_owned(),
    }
}

/// Renders the plan for who asked for nothing but results and errors: what was refused, what is in conflict, and
/// the numbers.
pub(super) fn brief_text(plans: &[Plan], committed: bool, commits: usize) -> String {
    let mut lines = Vec::new();
    for plan in plans {
        let conflicts =
            plan.conflicts.iter().map(|one| render_conflict(one, "last imported as", "file"));
        push_shown(&mut lines, conflicts.collect());
        push_shown(&mut lines, plan.refused.iter().map(render_refusal).collect());
        lines.push(format!("{}: {}", visible(&plan.source), render_numbers(plan, committed)));
    }
    lines.push(render_ending(plans, committed, commits));
    lines.join("\n") + "\n"
}

fn render_refusal(one: &Refused) -> String {
    format!("refused: {}!{}: {}", visible(&one.sheet), one.cell, visible(&one.reason))
}

fn describe_plan(plan: &Plan, series: bool, committed: bool, lines: &mut Vec<String>) {
    let dated = match plan.dated {
        Some(dated) => format!(", of {} ({})", dated.day, dated.by),
        None => String::new(),
    };
    lines.push(format!("{}: layout {}{dated}", visible(&plan.source), plan.layout));
    if plan.known {
        lines.push(
            "  it was imported before: what went in is left alone (--force looks again)".to_owned(),
        );
    }
    if let Some(other) = plan.other_day {
        lines.push(format!(
            "  its day stays the one as of which it was imported, not {other} (--force takes that)"
        ));
    }
    for sheet in plan.sheets.iter().filter(|sheet| sheet.rows_read + sheet.rows_empty > 0) {
        let empty = match sheet.rows_empty {
            0 => String::new(),
            empty => format!(", {} with nothing but a formula", plural(empty, "row")),
        };
        let role = sheet.role.map(|role| format!(" ({role})")).unwrap_or_default();
        lines.push(format!(
            "  {}{role}: {}{empty}",
            visible(&sheet.name),
            plural(sheet.rows_read, "item row"),
        ));
    }
    push_shown(lines, plan.notes.iter().map(render_note).collect());
    let kept = plan.kept.iter().map(|(sheet, cell, reason)| {
        format!("original text kept in `extra`: {}!{cell}: {}", visible(sheet), visible(reason))
    });
    push_shown(lines, kept.collect());
    let matched = plan
        .matched
        .iter()
        .filter(|one| one.by == import::MatchedBy::Fingerprint || one.score < 1.0);
    let matched = matched.map(|one| {
        let order = if one.by_order { ", in order of several that say the same" } else { "" };
        format!(
            "matched: {} is {} by {} ({:.2}{order})",
            visible(&one.row_id),
            visible(one.id.as_str()),
            one.by.as_str(),
            one.score
        )
    });
    push_shown(lines, matched.collect());
    push_shown(lines, plan.changed().map(changed_words).collect());
    let conflicts =
        plan.conflicts.iter().map(|one| render_conflict(one, "last imported as", "file"));
    push_shown(lines, conflicts.collect());
    let held = plan.held.iter().map(|one| {
        format!(
            "stays: {} of {} is {}, and the file says {}: {}",
            place_words(&one.pointer),
            visible(one.id.as_str()),
            visible(&one.ours.to_string()),
            visible(&one.theirs.to_string()),
            one.reason
        )
    });
    push_shown(lines, held.collect());
    let what =
        if plan.closed.is_empty() { "stays open, close it with --close-absent" } else { "closed" };
    let absent =
        plan.absent.iter().map(|id| format!("no longer listed: {} ({what})", visible(id.as_str())));
    push_shown(lines, absent.collect());
    let points = plan.points();
    if let (Some(first), Some(last)) = (points.first(), points.last()) {
        lines.push(format!(
            "taken apart into {} before the last, {first} to {last}; what is not dated is known by the next day that is",
            plural(points.len(), "day")
        ));
    }
    push_shown(lines, render_days(plan, series));
    if !plan.left.is_empty() {
        let fields: Vec<String> = plan
            .left
            .iter()
            .map(|(field, items)| format!("{field} of {}", plural(*items, "item")))
            .collect();
        lines.push(format!("blank in the file and left as it is: {}", fields.join(", ")));
    }
    push_shown(lines, plan.refused.iter().map(render_refusal).collect());
    lines.push(render_numbers(plan, committed));
    if plan.changes_nothing() && !plan.record.is_empty() {
        lines.push(format!(
            "it changes no item; that it was imported {} recorded",
            if committed { "is" } else { "will be" }
        ));
    }
}

/// Renders the line that accounts for every row.
fn render_numbers(plan: &Plan, committed: bool) -> String {
    let verb = if committed { "created" } else { "to create" };
    let uncommitted = match plan.uncommitted {
        0 => String::new(),
        1 => " (1 of them is not committed)".to_owned(),
        many => format!(" ({many} of them are not committed)"),
    };
    let changed = plan.changed().count();
    let matched = match (plan.matched.len(), changed) {
        (0, _) => String::new(),
        (matched, changed) => format!("{matched} matched ({changed} changed), "),
    };
    let absent = match plan.absent.len() {
        0 => String::new(),
        absent => format!("; {absent} no longer listed"),
    };
    let row = if plan.layout.starts_with("oscal-") { "item" } else { "row" };
    format!(
        "{}: {} {verb}, {matched}{} unchanged{uncommitted}, {} refused{absent}",
        plural(plan.rows, row),
        plan.created.len(),
        plan.unchanged.len(),
        plan.refused.len(),
    )
}

/// Widest value that a line about a change shows.
const WIDEST: usize = 60;

/// A line for an item that changes: each field in words, from what to what.
pub(super) fn changed_words(changed: &import::Changed) -> String {
    let [before, after] = [&changed.before, &changed.after].map(|document| document.to_value());
    let differences = diff_items(&before, &after);
    let mut words: Vec<String> = differences
        .iter()
        .map(|difference| EventDescription::from(difference).describe_event(WIDEST))
        .collect();
    if words.is_empty() {
        words = changed.changed.iter().map(|pointer| place_words(pointer)).collect();
    }
    format!("changed: {}: {}", visible(changed.id.as_str()), words.join("; "))
}

/// A line for a value that a document and the tracker both changed.
pub(super) fn render_conflict(one: &Conflict, before: &str, document: &str) -> String {
    let base = match one.base.as_str() {
        Some(digest) if digest.starts_with("sha256:") => "another text".to_owned(),
        _ => value_words(&one.base),
    };
    let word = match one.decided {
        Some(Winner::Ours) => "kept as in the tracker",
        Some(Winner::Theirs) => "decided for the document",
        None => "conflict",
    };
    format!(
        "{word}: {}: {} of {}: {before} {}, in the {document} now {}, in the tracker now {}",
        visible(&one.cells),
        place_words(&one.pointer),
        visible(one.id.as_str()),
        visible(&base),
        visible(&value_words(&one.theirs)),
        visible(&value_words(&one.ours))
    )
}

/// A value of a cell, for people.
fn value_words(value: &Value) -> String {
    match value {
        Value::Null => "blank".to_owned(),
        value => value.to_string(),
    }
}

/// The days of the commits that make new items, where the document in full does not state them.
fn render_days(plan: &Plan, series: bool) -> Vec<String> {
    let days = plan.by_day(series);
    let whole = plan.dated.map(|dated| dated.day);
    if days.iter().all(|(day, _)| day.is_some() && *day == whole) {
        return Vec::new();
    }
    let line = |(day, created): &(Option<NaiveDate>, Vec<&import::Created>)| {
        let items = plural(created.len(), "item");
        let own = created.iter().filter(|one| one.date.is_some()).count();
        match (day, plan.dated) {
            (None, _) => format!("commit of now: {items}, which nothing dates"),
            (Some(day), Some(dated)) if own == 0 => {
                format!("commit of {day}: {items}, by {}", dated.by)
            }
            (Some(day), _) => format!("commit of {day}: {items}, by the status date of each row"),
        }
    };
    days.iter().map(line).collect()
}

/// Renders a note of a reading.
pub(super) fn render_note(note: &ReadingNote) -> String {
    let row = note.row.map(|row| format!(" row {row}")).unwrap_or_default();
    format!("note: {}{row}: {}", visible(&note.sheet), visible(&note.message))
}

/// Adds lines, of which the text shows only the first.
pub(super) fn push_shown(lines: &mut Vec<String>, more: Vec<String>) {
    let left = more.len().saturating_sub(SHOWN);
    lines.extend(more.into_iter().take(SHOWN));
    if left > 0 {
        lines.push(format!("… and {left} more; --format json lists all"));
    }
}
