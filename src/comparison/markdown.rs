//! Renders a comparison as a comment for a pull request, within the length that services accept.

use std::fmt::Write as _;

use indexmap::IndexMap;

use super::text::{reasons, untold, words};
use super::{ChangeNote, Comparison, FindingElsewhere, ItemChange, decisions};
use crate::history::Difference;
use crate::rules;
use crate::text::markdown::{LONGEST, escape, escape_line, escape_with_code};
use crate::text::{cut, plural};

/// Space reserved for the line that states what was left out.
const CLOSING: usize = 500;

/// Differences of an item that are listed besides the important ones, and items of the list of the
/// others.
const EVENTS: usize = 12;
const OTHERS: usize = 100;

/// Differences in a row of the table besides the important ones.
const IN_ROW: usize = 3;

/// Widest value in a line.
const WIDEST: usize = 60;

/// Renders a comparison for a review: items that need review first, one by one; the rest as a table
/// with a line for each item.
pub(super) fn render(comparison: &Comparison) -> String {
    let handbook = comparison.handbook.as_deref();
    let mut page =
        Page { text: format!("### poam: {}\n", escape(&comparison.headline())), left: 0 };
    let verdict = escape_with_code(&comparison.verdict.line());
    page.push(&match comparison.verdict.errors {
        0 => format!("\n{verdict}\n"),
        _ => format!("\n**{verdict}**\n"),
    });
    if !comparison.unreadable.is_empty() {
        page.push("\n#### Cannot be read\n\n");
        for one in &comparison.unreadable {
            let message = escape_with_code(&one.message);
            page.entry(1, &format!("- {}: {message}\n", escape_line(&one.path)));
        }
    }
    if comparison.is_about_settings() {
        let mut entry = String::from("\n#### Settings\n\n");
        notes(&mut entry, "", &comparison.settings_notes, handbook);
        differences(&mut entry, "", &comparison.settings, &[]);
        page.entry(1, &entry);
    }
    let (first, others): (Vec<_>, Vec<_>) =
        comparison.items.iter().partition(|item| item.needs_review());
    if !first.is_empty() {
        page.push("\n#### Needs review\n\n");
        for item in first {
            page.item(item, handbook);
        }
    }
    if !comparison.elsewhere.is_empty() {
        page.push("\n#### In items that are not changed themselves\n\n");
        for FindingElsewhere { item, path, note } in &comparison.elsewhere {
            let place = escape_line(item.as_deref().unwrap_or(path));
            page.entry(1, &format!("- **{place}**: {}\n", text(note, handbook)));
        }
    }
    if !others.is_empty() {
        page.push("\n#### Other changes\n\n| Item | What |\n| --- | --- |\n");
        let rows = rows(&others, handbook);
        for (at, (items, row)) in rows.iter().enumerate() {
            page.entry(*items, if at < OTHERS { row } else { "" });
        }
    }
    if page.left > 0 {
        let left = plural(page.left, "more change");
        let _ = writeln!(page.text, "\n… and {left}; `poam diff` lists all of them.");
    }
    page.text
}

struct Page {
    text: String,
    left: usize,
}

impl Page {
    fn push(&mut self, text: &str) {
        if self.text.len() + text.len() <= LONGEST - CLOSING {
            self.text.push_str(text);
        }
    }

    /// Adds an entry on some changes in full, or counts them; nothing is added after the first that is
    /// not. Bytes are counted, which are never fewer than characters.
    fn entry(&mut self, changes: usize, text: &str) {
        let fits = self.text.len() + text.len() <= LONGEST - CLOSING;
        if self.left == 0 && fits && !text.is_empty() {
            self.text.push_str(text);
        } else {
            self.left += changes;
        }
    }

    /// Adds an item that needs review: with its notes and the important differences alone once half of
    /// the page is full.
    fn item(&mut self, item: &ItemChange, handbook: Option<&str>) {
        let is_short = self.text.len() > LONGEST / 2;
        self.entry(1, &entry(item, handbook, is_short));
    }
}

/// The id in bold and the name, with a link to the file, and one to the report.
fn name(item: &ItemChange) -> String {
    let id = format!("**{}**", escape(item.item.as_str()));
    let id = match &item.file_link {
        Some(address) => format!("[{id}]({address})"),
        None => id,
    };
    format!("{id} {}", escape(&cut(&item.name)))
}

/// Status, rating, owner and due date in brackets, and the page in the report.
fn facts(item: &ItemChange) -> String {
    let parts = item.facts();
    let last = parts.len().saturating_sub(1);
    let late = item.days_overdue > 0;
    let parts: Vec<String> = parts
        .iter()
        .enumerate()
        .map(|(at, part)| match late && at == last {
            true => format!("**{}**", escape(&cut(part))),
            false => escape(&cut(part)),
        })
        .collect();
    let report = match &item.report_link {
        Some(address) => format!(", [report]({address})"),
        None => String::new(),
    };
    format!("({}{report})", parts.join(", "))
}

/// A note with the rule that reports it.
fn text(note: &ChangeNote, handbook: Option<&str>) -> String {
    let text = escape_with_code(&note.text);
    // A line must not begin a list there.
    let text = match text == escape(&note.text) {
        true => escape_line(&note.text),
        false => text,
    };
    let text = if note.alarming { format!("**{text}**") } else { text };
    match (note.rule, note.level) {
        (Some(rule), Some(level)) => {
            let rule = match rules::page_address(handbook, rule) {
                Some(address) => format!("[{rule}]({address})"),
                None => rule.to_owned(),
            };
            format!("{text} ({level}: {rule})")
        }
        _ => text,
    }
}

fn notes(out: &mut String, indent: &str, notes: &[ChangeNote], handbook: Option<&str>) {
    for note in notes {
        let _ = writeln!(out, "{indent}- {}", text(note, handbook));
    }
}

/// Lists the differences that the notes do not show: the important ones, some of the others, and the
/// fields of the rest.
fn differences(out: &mut String, indent: &str, events: &[Difference], notes: &[ChangeNote]) {
    let (listed, rest) = select(events, notes, EVENTS);
    for difference in listed {
        let _ = writeln!(out, "{indent}- {}", escape_line(&words(difference, WIDEST)));
    }
    if !rest.is_empty() {
        let count = plural(rest.len(), "more difference");
        let _ = writeln!(out, "{indent}- … and {count} ({})", escape(&decisions::fields(&rest)));
    }
}

/// Divides the differences that the notes do not show into those that are listed, in their order,
/// and the rest: all that are important are listed.
fn select<'a>(
    events: &'a [Difference],
    notes: &[ChangeNote],
    most: usize,
) -> (Vec<&'a Difference>, Vec<&'a Difference>) {
    let mut left = most;
    let is_listed = |difference: &&Difference| {
        if decisions::is_important(difference) {
            return true;
        }
        let fits = left > 0;
        left = left.saturating_sub(1);
        fits
    };
    untold(events, notes).into_iter().partition(is_listed)
}

fn entry(item: &ItemChange, handbook: Option<&str>, is_short: bool) -> String {
    let mut out = format!("- {} {}\n", name(item), facts(item));
    if is_short {
        let (reported, said): (Vec<ChangeNote>, Vec<ChangeNote>) =
            item.notes.iter().cloned().partition(|note| note.rule.is_some() && !note.is_decision());
        notes(&mut out, "  ", &said, handbook);
        if !reported.is_empty() {
            let _ = writeln!(out, "  - also reported: {}", counts(&reported));
        }
        let (listed, _) = select(&item.events, &item.notes, 0);
        for difference in listed {
            let _ = writeln!(out, "  - {}", escape_line(&words(difference, WIDEST)));
        }
        return out;
    }
    notes(&mut out, "  ", &item.notes, handbook);
    differences(&mut out, "  ", &item.events, &item.notes);
    let by: Vec<String> = item.authors.iter().map(|one| escape(&one.name)).collect();
    let why: Vec<String> = reasons(item).iter().map(|one| cut(one)).collect();
    let why = escape(&cut(&why.join("; ")));
    let line = match (by.is_empty(), why.is_empty()) {
        (true, true) => return out,
        (false, true) => format!("by {}", by.join(", ")),
        (true, false) => format!("because: {why}"),
        (false, false) => format!("by {}: {why}", by.join(", ")),
    };
    let _ = writeln!(out, "  - {line}");
    out
}

/// Counts notes by their rules: `missing-field (5), overdue`.
fn counts(notes: &[ChangeNote]) -> String {
    let mut counts: IndexMap<&str, usize> = IndexMap::new();
    for rule in notes.iter().filter_map(|note| note.rule) {
        *counts.entry(rule).or_default() += 1;
    }
    let words = counts.into_iter().map(|(rule, count)| match count {
        1 => rule.to_owned(),
        count => format!("{rule} ({count})"),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// Items that a row names; the rest is counted.
const NAMED: usize = 5;

/// Returns the rows of the table with the number of items that each is about: equal changes of several
/// items share one row.
fn rows(items: &[&ItemChange], handbook: Option<&str>) -> Vec<(usize, String)> {
    let mut same: IndexMap<String, Vec<&ItemChange>> = IndexMap::new();
    for item in items {
        same.entry(what(item, handbook)).or_default().push(item);
    }
    let row = |(what, items): (String, Vec<&ItemChange>)| {
        let mut names = match &items[..] {
            [one] => format!("{} {}", name(one), facts(one)),
            many => {
                let ids = many.iter().take(NAMED);
                let ids: Vec<_> =
                    ids.map(|one| format!("**{}**", escape(one.item.as_str()))).collect();
                ids.join(", ")
            }
        };
        if items.len() > NAMED {
            let _ = write!(names, " and {} more", items.len() - NAMED);
        }
        (items.len(), format!("| {names} | {what} |\n"))
    };
    same.into_iter().map(row).collect()
}

fn what(item: &ItemChange, handbook: Option<&str>) -> String {
    let mut all: Vec<String> = item.notes.iter().map(|note| text(note, handbook)).collect();
    let (listed, rest) = select(&item.events, &item.notes, IN_ROW);
    all.extend(listed.into_iter().map(|difference| escape(&words(difference, WIDEST))));
    if !rest.is_empty() {
        all.push(format!("… and {} more ({})", rest.len(), escape(&decisions::fields(&rest))));
    }
    all.join("; ")
}
