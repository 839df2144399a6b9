use std::fmt::Write as _;

use indexmap::IndexMap;

use super::text::{reasons, words};
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
            page.entry(1, &format!("- {}: {}\n", escape_line(&one.path), escape(&one.message)));
        }
    }
    if comparison.is_about_settings() {
        let mut entry = String::from("\n#### Settings\n\n");
        notes(&mut entry, "", &comparison.settings_notes);
        for words in words(&comparison.settings, WIDEST).iter().take(EVENTS) {
            let _ = writeln!(entry, "- {}", escape_line(words));
        }
        page.entry(1, &entry);
    }
    let (alarming, others): (Vec<_>, Vec<_>) =
        comparison.items.iter().partition(|item| item.is_alarming());
    if !alarming.is_empty() {
        page.push("\n#### Needs a look\n\n");
        for item in alarming {
            page.entry(1, &entry(item));
        }
    }
    if !others.is_empty() {
        page.push("\n#### Also changes\n\n| Item | What |\n| --- | --- |\n");
        let rows = rows(&others);
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

    /// Adds an entry on some changes whole, or counts them; nothing is added after the first that is
    /// not. Bytes are counted, which are never fewer than characters.
    fn entry(&mut self, changes: usize, text: &str) {
        let fits = self.text.len() + text.len() <= LONGEST - CLOSING;
        if self.left == 0 && fits && !text.is_empty() {
            self.text.push_str(text);
        } else {
            self.left += changes;
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
    let why: Vec<String> = reasons(item).map(|one| cut(one)).collect();
    if !why.is_empty() {
        let _ = writeln!(out, "  - because: {}", escape(&cut(&why.join("; "))));
    }
    out
}

/// Items that a row names; the rest is counted.
const NAMED: usize = 5;

/// The rows of the table with the number of items that each is about: what happens to many items is
/// told once.
fn rows(items: &[&ItemChange]) -> Vec<(usize, String)> {
    let mut same: IndexMap<String, Vec<&ItemChange>> = IndexMap::new();
    for item in items {
        same.entry(what(item)).or_default().push(item);
    }
    let row = |(what, items): (String, Vec<&ItemChange>)| {
        let mut names = match &items[..] {
            [one] => name(one),
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

fn what(item: &ItemChange) -> String {
    let notes = item.notes.iter().map(|note| note.text.clone());
    let mut all: Vec<String> = notes.chain(words(&item.events, WIDEST)).collect();
    let more = all.len().saturating_sub(4);
    all.truncate(4);
    let mut what = escape(&all.join("; "));
    if more > 0 {
        let _ = write!(what, "; … and {more} more");
    }
    what
}
