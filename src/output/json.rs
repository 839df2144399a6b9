//! Renders the result of a validation as JSON, version 1 of our own format.
//!
//! Long lists are streamed entry by entry instead of built as one value.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::{DocumentLine, ValidationReport, in_pieces};
use crate::diagnostic::{Diagnostic, Label, Level};
use crate::text::steers;

/// Our own JSON, version 1. Fields may be added, none renamed.
pub(super) fn write(report: &ValidationReport, out: &mut dyn Write) -> io::Result<()> {
    let whole = WholeReport {
        version: 1,
        summary: JsonCounts {
            items: report.items,
            errors: report.count_level(Level::Error),
            warnings: report.count_level(Level::Warning),
            notes: report.count_level(Level::Note),
            known: report.known,
            unreadable: report.unreadable,
        },
        documents: &report.documents,
        diagnostics: [],
    };
    write_list(out, &whole, 2, &report.diagnostics, |one| diagnostic_json(one, report.against_base))
}

/// Writes a file with a long list. The last list of the given value is empty, at the given depth of
/// lists and mappings (itself included), and is filled with an entry for each part.
pub(super) fn write_list<'a, T: Sync, E: Serialize>(
    out: &mut dyn Write,
    whole: &impl Serialize,
    depth: usize,
    parts: &'a [T],
    entry: impl Fn(&'a T) -> E + Sync,
) -> io::Result<()> {
    let whole = json_text(whole);
    let (head, tail) = whole.split_at(whole.rfind("[]").map_or(whole.len(), |at| at + 1));
    out.write_all(head.as_bytes())?;
    // Entries are written inside as many lists, of whose brackets and blanks nothing is retained.
    let brackets: usize = (0..depth).map(|level| 2 + 2 * level).sum();
    let piece = |some: &[&'a T]| {
        let entries: Vec<E> = some.iter().map(|one| entry(one)).collect();
        let lists = json_text(&ReportLists { depth, entries: &entries });
        // The first bracket has no line before it; the last one has one after it.
        lists.get(brackets - 1..lists.len() - brackets - 1).unwrap_or_default().to_owned()
    };
    let mut comma = "";
    let parts: Vec<&'a T> = parts.iter().collect();
    in_pieces(&parts, piece, |piece| {
        let written = write!(out, "{comma}{piece}");
        comma = ",";
        written
    })?;
    if !parts.is_empty() {
        write!(out, "\n{:1$}", "", 2 * depth - 2)?;
    }
    out.write_all(tail.as_bytes())
}

/// Entries inside so many lists.
struct ReportLists<'a, E> {
    depth: usize,
    entries: &'a [E],
}

impl<E: Serialize> Serialize for ReportLists<'_, E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.depth {
            0 | 1 => serializer.collect_seq(self.entries),
            depth => {
                serializer.collect_seq([ReportLists { depth: depth - 1, entries: self.entries }])
            }
        }
    }
}

#[derive(Serialize)]
struct WholeReport<'a> {
    version: u32,
    summary: JsonCounts,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    documents: &'a [DocumentLine],
    diagnostics: [u8; 0],
}

#[derive(Serialize)]
struct JsonCounts {
    items: usize,
    errors: usize,
    warnings: usize,
    notes: usize,
    known: usize,
    unreadable: usize,
}

#[derive(Serialize)]
struct JsonDiagnostic<'a> {
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
/// (`##[…]`) in all that is printed, is there as an escape; the value is the same.
pub(super) fn json_text(value: &impl Serialize) -> String {
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
        // Such characters are only inside strings. All of them fit into one escape.
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

fn diagnostic_json(diagnostic: &Diagnostic, new: bool) -> JsonDiagnostic<'_> {
    let label = &diagnostic.label;
    JsonDiagnostic {
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
        related: diagnostic.related.iter().map(related_json).collect(),
    }
}

fn related_json(label: &Label) -> Related<'_> {
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

    use super::super::{Format, PIECE};
    use super::*;

    #[test]
    fn many_diagnostics_are_written_as_few_are() {
        let one = |number: usize| {
            let message = format!("odd\n  ] {number}");
            Diagnostic::new("schema", Label::whole_file("items/##[x].yaml"), message)
                .also(Label::whole_file("items/b.yaml").says("and here"))
        };
        for count in [0, 1, PIECE - 1, PIECE, PIECE + 1, PIECE * 9 + 3] {
            let diagnostics: Vec<Diagnostic> = (0..count).map(one).collect();
            let report = ValidationReport {
                diagnostics,
                items: 3,
                against_base: true,
                ..ValidationReport::default()
            };
            for (format, list) in [
                (Format::Json, "/diagnostics"),
                (Format::Sarif, "/runs/0/results"),
                (Format::Gitlab, ""),
            ] {
                let written = report.render(format, false);
                let read: Value = serde_json::from_str(&written).unwrap();
                let list = read.pointer(list).unwrap().as_array().unwrap();
                assert_eq!(list.len(), count, "{format:?}");
                if let Some(last) = list.last() {
                    let last = last.to_string();
                    assert!(last.contains(&format!("] {}", count - 1)), "{format:?}: {last}");
                }
                // As if all of it had been written at once.
                assert_eq!(written, super::json_text(&read), "{format:?} {count}");
            }
        }
    }

    #[test]
    fn nothing_in_a_string_steers_a_terminal_or_a_runner() {
        let value = json!({"##[a]": "\u{7f}\u{9b}31m\u{202e}\u{feff}\u{1b} ### 漢 \n"});
        let text = json_text(&value);
        assert!(text.is_ascii() || !text.contains(|c: char| c != '\n' && steers(c)), "{text}");
        assert!(!text.contains("##"), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
