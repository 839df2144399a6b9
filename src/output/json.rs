use std::fmt::Write as _;

use serde::Serialize;

use super::Report;
use super::visible::steers;
use crate::diagnostic::{Diagnostic, Label, Level};

/// Our own JSON, version 1. Fields may be added, none renamed.
pub(super) fn render(report: &Report) -> String {
    text(&Whole {
        version: 1,
        summary: Summary {
            items: report.items,
            errors: report.count(Level::Error),
            warnings: report.count(Level::Warning),
            notes: report.count(Level::Note),
            known: report.known,
            unreadable: report.unreadable,
        },
        diagnostics: report
            .diagnostics
            .iter()
            .map(|it| diagnostic(it, report.against_base))
            .collect(),
    })
}

#[derive(Serialize)]
struct Whole<'a> {
    version: u32,
    summary: Summary,
    diagnostics: Vec<Said<'a>>,
}

#[derive(Serialize)]
struct Summary {
    items: usize,
    errors: usize,
    warnings: usize,
    notes: usize,
    known: usize,
    unreadable: usize,
}

#[derive(Serialize)]
struct Said<'a> {
    rule: &'a str,
    level: Level,
    message: &'a str,
    help: Option<&'a str>,
    item: Option<&'a str>,
    path: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    pointer: &'a str,
    new: bool,
    related: Vec<Related<'a>>,
}

#[derive(Serialize)]
struct Related<'a> {
    path: &'a str,
    line: usize,
    column: usize,
    message: &'a str,
}

/// A value as the text of a file. What could steer a terminal, or a runner that looks for commands
/// (`##[…]`) in all that is printed, stands there as an escape; the value is the same.
pub(super) fn text(value: &impl Serialize) -> String {
    // Values of ours have text keys only, so there is nothing that could fail.
    let mut plain = serde_json::to_string_pretty(value).unwrap_or_default();
    plain.push('\n');
    let quiet =
        plain.bytes().fold(true, |quiet, b| quiet & (b == b'\n' || matches!(b, b' '..=b'~')));
    if quiet && !plain.contains("##") {
        return plain;
    }
    let mut out = String::new();
    let (mut copied, mut last) = (0, ' ');
    for (at, c) in plain.char_indices() {
        // Such characters stand only inside strings. All of them fit into one escape.
        if (c != '\n' && steers(c)) || (c == '#' && last == '#') {
            out.push_str(plain.get(copied..at).unwrap_or_default());
            let _ = write!(out, "\\u{:04x}", u32::from(c));
            copied = at + c.len_utf8();
        }
        last = c;
    }
    if copied == 0 {
        return plain;
    }
    out.push_str(plain.get(copied..).unwrap_or_default());
    out
}

fn diagnostic(diagnostic: &Diagnostic, new: bool) -> Said<'_> {
    let label = &diagnostic.label;
    Said {
        rule: diagnostic.rule,
        level: diagnostic.level,
        message: &diagnostic.message,
        help: diagnostic.help.as_deref(),
        item: diagnostic.item.as_deref(),
        path: &label.path,
        line: label.start.line,
        column: label.start.column,
        end_line: label.end.line,
        end_column: label.end.column,
        pointer: &label.pointer,
        new,
        related: diagnostic.related.iter().map(related).collect(),
    }
}

fn related(label: &Label) -> Related<'_> {
    Related {
        path: &label.path,
        line: label.start.line,
        column: label.start.column,
        message: &label.message,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn nothing_in_a_string_steers_a_terminal_or_a_runner() {
        let value = json!({"##[a]": "\u{7f}\u{9b}31m\u{202e}\u{feff}\u{1b} ### 漢 \n"});
        let text = text(&value);
        assert!(text.is_ascii() || !text.contains(|c: char| c != '\n' && steers(c)), "{text}");
        assert!(!text.contains("##"), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
