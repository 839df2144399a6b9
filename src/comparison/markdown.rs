use std::fmt::Write as _;

use super::text::words;
use super::{Comparison, ItemChange, Note};
use crate::output::markdown::{LONGEST, escape, escape_line};
use crate::output::{cut, plural};

/// Room kept for the line that says what was left out.
const CLOSING: usize = 500;

/// Differences of an item that are listed, and items of the list of the others.
const EVENTS: usize = 12;
const OTHERS: usize = 100;

/// Widest value in a line.
const WIDEST: usize = 60;

/// What needs a look comes first, item by item; the rest is a table with a line for each item.
pub(super) fn render(comparison: &Comparison) -> String {
    let mut page =
        Page { text: format!("### poam: {}\n", escape(&comparison.headline())), left: 0 };
    if !comparison.unreadable.is_empty() {
        page.push("\n#### Cannot be read\n\n");
        for one in &comparison.unreadable {
            page.entry(&format!("- {}: {}\n", escape_line(&one.path), escape(&one.message)));
        }
    }
    if !comparison.settings.is_empty() {
        let mut entry = String::from("\n#### Settings\n\n");
        notes(&mut entry, "", &comparison.settings_notes);
        for words in words(&comparison.settings, WIDEST).iter().take(EVENTS) {
            let _ = writeln!(entry, "- {}", escape_line(words));
        }
        page.entry(&entry);
    }
    let (alarming, others): (Vec<_>, Vec<_>) =
        comparison.items.iter().partition(|item| item.is_alarming());
    if !alarming.is_empty() {
        page.push("\n#### Needs a look\n\n");
        for item in alarming {
            page.entry(&entry(item));
        }
    }
    if !others.is_empty() {
        page.push("\n#### Also changes\n\n| Item | What |\n| --- | --- |\n");
        let shown = others.len().min(OTHERS);
        for item in &others[..shown] {
            page.entry(&row(item));
        }
        page.left += others.len() - shown;
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

    /// Adds an entry whole, or counts it. Bytes are counted, which are never fewer than characters.
    fn entry(&mut self, text: &str) {
        if self.left == 0 && self.text.len() + text.len() <= LONGEST - CLOSING {
            self.text.push_str(text);
        } else {
            self.left += 1;
        }
    }
}

fn name(item: &ItemChange) -> String {
    format!("**{}** {}", escape(item.item.as_str()), escape(&cut(&item.name)))
}

fn notes(out: &mut String, indent: &str, notes: &[Note]) {
    for note in notes.iter().take(EVENTS) {
        let text = escape_line(&note.text);
        let _ = match note.alarming {
            true => writeln!(out, "{indent}- **{text}**"),
            false => writeln!(out, "{indent}- {text}"),
        };
    }
}

fn entry(item: &ItemChange) -> String {
    let mut out = format!("- {} ({})\n", name(item), escape(&item.status));
    notes(&mut out, "  ", &item.notes);
    let words = words(&item.events, WIDEST);
    for words in words.iter().take(EVENTS) {
        let _ = writeln!(out, "  - {}", escape_line(words));
    }
    if words.len() > EVENTS {
        let _ = writeln!(out, "  - … and {}", plural(words.len() - EVENTS, "more difference"));
    }
    if !item.reasons.is_empty() {
        let why: Vec<String> = item.reasons.iter().map(|one| cut(one)).collect();
        let _ = writeln!(out, "  - because: {}", escape(&cut(&why.join("; "))));
    }
    out
}

fn row(item: &ItemChange) -> String {
    let notes = item.notes.iter().map(|note| note.text.clone());
    let mut all: Vec<String> = notes.chain(words(&item.events, WIDEST)).collect();
    let more = all.len().saturating_sub(4);
    all.truncate(4);
    let mut what = escape(&all.join("; "));
    if more > 0 {
        let _ = write!(what, "; … and {more} more");
    }
    format!("| {} | {what} |\n", name(item))
}
