use serde_json::{Value, json};

use super::Report;
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
    format!("{value:#}\n")
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
