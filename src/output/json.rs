use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Report;
use super::visible::steers;
use crate::diagnostic::{Diagnostic, Label, Level};

/// Our own JSON, version 1. Fields may be added, none renamed.
pub(super) fn render(report: &Report) -> String {
    let diagnostics: Vec<Value> =
        report.diagnostics.iter().map(|it| diagnostic(it, report.against_base)).collect();
    let value = json!({
        "version": 1,
        "summary": {
            "items": report.items,
            "errors": report.count(Level::Error),
            "warnings": report.count(Level::Warning),
            "notes": report.count(Level::Note),
            "known": report.known,
            "unreadable": report.unreadable,
        },
        "diagnostics": diagnostics,
    });
    text(&value)
}

/// A value as the text of a file. What could steer a terminal, or a runner that looks for commands
/// (`##[…]`) in all that is printed, stands there as an escape; the value is the same.
pub(super) fn text(value: &Value) -> String {
    let plain = format!("{value:#}\n");
    let mut out = String::with_capacity(plain.len());
    let mut last = ' ';
    for c in plain.chars() {
        // Such characters stand only inside strings. All of them fit into one escape.
        if (c != '\n' && steers(c)) || (c == '#' && last == '#') {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
        last = c;
    }
    out
}

fn diagnostic(diagnostic: &Diagnostic, new: bool) -> Value {
    let label = &diagnostic.label;
    json!({
        "rule": diagnostic.rule,
        "level": diagnostic.level,
        "message": diagnostic.message,
        "help": diagnostic.help,
        "item": diagnostic.item,
        "path": label.path,
        "line": label.start.line,
        "column": label.start.column,
        "end_line": label.end.line,
        "end_column": label.end.column,
        "pointer": label.pointer,
        "new": new,
        "related": diagnostic.related.iter().map(related).collect::<Vec<_>>(),
    })
}

fn related(label: &Label) -> Value {
    json!({
        "path": label.path,
        "line": label.start.line,
        "column": label.start.column,
        "message": label.message,
    })
}

#[cfg(test)]
mod tests {
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
